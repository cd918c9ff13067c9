/** The cluster's DNS address as the host and Pods reach it, in both proxy modes, asked by real resolvers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DnsServer } from "../../src/dns/index.ts";
import { systemClock } from "../../src/machinery/clock.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import { dnsAddress } from "../../src/machinery/network-names.ts";
import { endpointSlices, namespaces, services } from "../../src/machinery/resource.ts";
import type { ClusterSettings, ProxyMode } from "../../src/machinery/settings.ts";
import { cleanUpProxy, ServiceProxy } from "../../src/proxy/index.ts";
import { inside, NetworkLab, type Place } from "../support/network-lab.ts";
import { ObjectFeed } from "../support/object-feed.ts";

const modes: { mode: ProxyMode; name: string; octet: number }[] = [
  { mode: "nftables", name: "dns-n", octet: 203 },
  { mode: "userspace", name: "dns-u", octet: 204 },
];

describe.each(modes)("DNS in $mode mode", ({ mode, name, octet }) => {
  const settings: ClusterSettings = {
    name,
    dataDir: "/nonexistent",
    nodeName: "node",
    nodeAddress: "127.0.0.1",
    apiPort: 6443,
    podCidr: `10.${octet}.0.0/24`,
    serviceCidr: `10.${octet}.128.0/18`,
    nodePortRange: { from: 30_000, to: 32_767 },
    clusterDomain: "cluster.local",
    proxyMode: mode,
  };
  const address = dnsAddress(settings);
  let lab: NetworkLab;
  let pod: Place;
  let proxy: ServiceProxy;
  let dns: DnsServer;

  beforeAll(async () => {
    const feed = new ObjectFeed();
    const options = { client: feed, settings, clock: systemClock, log: silentLogger };
    lab = new NetworkLab(settings);
    pod = lab.container("client", `skiff-${name}`);
    for (const namespace of ["default", "kube-system"]) feed.put(namespaces, { metadata: { name: namespace } });
    const port = { name: "dns", port: 53, protocol: "UDP" };
    feed.put(services, {
      metadata: { name: "kube-dns", namespace: "kube-system" },
      spec: {
        clusterIP: address,
        clusterIPs: [address],
        ports: [port, { name: "dns-tcp", port: 53, protocol: "TCP" }],
      },
    });
    feed.put(services, {
      metadata: { name: "hostnames" },
      spec: { clusterIP: `10.${octet}.129.1`, clusterIPs: [`10.${octet}.129.1`], ports: [{ name: "http", port: 80 }] },
    });
    feed.put(services, { metadata: { name: "db" }, spec: { clusterIP: "None", clusterIPs: ["None"] } });
    feed.put(endpointSlices, {
      metadata: { name: "db-1", labels: { "kubernetes.io/service-name": "db" } },
      addressType: "IPv4",
      ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
      endpoints: [0, 1, 2].map((n) => ({ addresses: [`10.${octet}.0.${100 + n}`], hostname: `db-${n}` })),
    });
    proxy = new ServiceProxy(options);
    await proxy.start();
    dns = new DnsServer(options);
    await dns.start();
  });

  afterAll(async () => {
    await dns?.stop();
    await proxy?.stop();
    await cleanUpProxy(settings);
    await lab?.[Symbol.asyncDispose]();
  });

  async function dig(from: Place | undefined, ...question: string[]): Promise<string[]> {
    const { stdout } = await inside(from, "dig", "+short", "+tries=1", "+timeout=3", `@${address}`, ...question);
    return stdout.trim().split("\n").sort();
  }

  it.each(["the host", "a Pod"])("answers %s over UDP and TCP", async (who) => {
    const from = who === "a Pod" ? pod : undefined;
    for (const transport of ["+notcp", "+tcp"]) {
      expect(await dig(from, transport, "hostnames.default.svc.cluster.local")).toEqual([`10.${octet}.129.1`]);
      expect(await dig(from, transport, "-x", address)).toEqual(["kube-dns.kube-system.svc.cluster.local."]);
    }
    expect(await dig(from, "db.default.svc.cluster.local")).toHaveLength(3);
    expect(await dig(from, "db-1.db.default.svc.cluster.local")).toEqual([`10.${octet}.0.101`]);
    expect(await dig(from, "SRV", "_sql._tcp.db.default.svc.cluster.local")).toEqual(
      [0, 1, 2].map((n) => `0 33 5432 db-${n}.db.default.svc.cluster.local.`),
    );
  });

  it("is understood by busybox's resolver", async () => {
    const { stdout } = await inside(
      undefined,
      "docker",
      "exec",
      `${name}-client`,
      "nslookup",
      "hostnames.default.svc.cluster.local",
      address,
    );
    expect(stdout).toContain("Name:\thostnames.default.svc.cluster.local");
    expect(stdout).toContain(`10.${octet}.129.1`);
    expect(stdout).toContain(address);
  });

  it("tells a name that does not exist from one without such records", async () => {
    const ask = async (...question: string[]): Promise<string> =>
      (await inside(pod, "dig", `@${address}`, ...question)).stdout;
    expect(await ask("nobody.default.svc.cluster.local")).toContain("status: NXDOMAIN");
    const noData = await ask("AAAA", "hostnames.default.svc.cluster.local");
    expect(noData).toContain("status: NOERROR");
    expect(noData).toMatch(/cluster\.local\.\s+5\s+IN\s+SOA\s+ns\.dns\.cluster\.local\. hostmaster\.cluster\.local\./);
  });
});
