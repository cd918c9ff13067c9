/** The cluster's DNS address as the host and Pods reach it, in both proxy modes, asked by real resolvers. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DnsServer } from "../../src/dns/index.ts";
import { printResolvConf, resolverFor } from "../../src/kubelet/network-files.ts";
import { systemClock } from "../../src/machinery/clock.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import { dnsAddress } from "../../src/machinery/network-names.ts";
import { endpointSlices, namespaces, services } from "../../src/machinery/resource.ts";
import type { ProxyMode } from "../../src/machinery/settings.ts";
import { cleanUpProxy, ServiceProxy } from "../../src/proxy/index.ts";
import { Upstream } from "../support/dns-upstream.ts";
import { inside, NetworkLab, type Place } from "../support/network-lab.ts";
import { ObjectFeed } from "../support/object-feed.ts";
import { settingsOf } from "../support/proxy-cluster.ts";

const run = promisify(execFile);

const modes: { mode: ProxyMode; name: string; octet: number }[] = [
  { mode: "nftables", name: "dns-n", octet: 203 },
  { mode: "userspace", name: "dns-u", octet: 204 },
];

describe.each(modes)("DNS in $mode mode", ({ mode, name, octet }) => {
  const settings = settingsOf(name, octet, mode);
  const address = dnsAddress(settings);
  let lab: NetworkLab;
  let pod: Place;
  let proxy: ServiceProxy;
  let dns: DnsServer;
  /** What the host's resolv.conf leads to. */
  let upstream: Upstream;
  let folder: string;

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
    feed.put(endpointSlices, {
      metadata: { name: "hostnames-1", labels: { "kubernetes.io/service-name": "hostnames" } },
      addressType: "IPv4",
      ports: [{ name: "http", port: 9376, protocol: "TCP" }],
      endpoints: [{ addresses: [`10.${octet}.0.5`] }, { addresses: [`10.${octet}.0.6`], conditions: { ready: false } }],
    });
    feed.put(services, { metadata: { name: "many" }, spec: { clusterIP: "None", clusterIPs: ["None"] } });
    feed.put(endpointSlices, {
      metadata: { name: "many-1", labels: { "kubernetes.io/service-name": "many" } },
      addressType: "IPv4",
      ports: [],
      endpoints: Array.from({ length: 100 }, (_, n) => ({ addresses: [`10.${octet}.3.${n}`] })),
    });
    const ipv6 = `fd53:${octet}:96::1`;
    feed.put(services, {
      metadata: { name: "both" },
      spec: {
        clusterIP: `10.${octet}.129.2`,
        clusterIPs: [`10.${octet}.129.2`, ipv6],
        ports: [{ name: "http", port: 80 }],
      },
    });
    feed.put(services, { metadata: { name: "pods" }, spec: { clusterIP: "None", clusterIPs: ["None"] } });
    for (const [addressType, address] of [
      ["IPv4", `10.${octet}.0.120`],
      ["IPv6", `fd53:${octet}:244::120`],
    ] as const) {
      feed.put(endpointSlices, {
        metadata: { name: `pods-${addressType.toLowerCase()}`, labels: { "kubernetes.io/service-name": "pods" } },
        addressType,
        ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
        endpoints: [{ addresses: [address], hostname: "pods-0" }],
      });
    }
    feed.put(services, { metadata: { name: "out" }, spec: { type: "ExternalName", externalName: "www.example" } });
    feed.put(services, {
      metadata: { name: "near" },
      spec: { type: "ExternalName", externalName: "hostnames.default.svc.cluster.local" },
    });
    folder = await mkdtemp(join(tmpdir(), "skiff-dns-"));
    upstream = await Upstream.start(`127.0.1.${octet}`);
    await writeFile(join(folder, "host"), `nameserver 127.0.1.${octet}\nsearch corp.example\n`);
    const cluster = { address, domain: settings.clusterDomain };
    const host = { nameservers: [], searches: ["corp.example"], options: [] };
    await writeFile(join(folder, "pod"), printResolvConf(resolverFor({}, "default", cluster, host)));
    proxy = new ServiceProxy(options);
    await proxy.prepareHost();
    await proxy.start();
    dns = new DnsServer({ ...options, host: { resolvConf: join(folder, "host"), port: upstream.port } });
    await dns.start();
  });

  afterAll(async () => {
    await dns?.stop();
    await proxy?.stop();
    await cleanUpProxy(settings);
    await lab?.[Symbol.asyncDispose]();
    await upstream?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true });
  });

  /** A command of the host with a Pod's network and a Pod's resolv.conf. */
  async function asPod(...command: string[]): Promise<string> {
    const mounted = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"'];
    const { stdout } = await inside(pod, mounted[0] ?? "", ...mounted.slice(1), join(folder, "pod"), ...command);
    return stdout.replace(/ +\n/g, "\n").trim();
  }

  /** All that dig says of a question, from a Pod. */
  async function digAll(...question: string[]): Promise<string> {
    return (await inside(pod, "dig", "+tries=1", "+timeout=3", `@${address}`, ...question)).stdout;
  }

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

  it("answers in both families", async () => {
    const name = "both.default.svc.cluster.local";
    expect(await dig(pod, "A", name)).toEqual([`10.${octet}.129.2`]);
    expect(await dig(pod, "AAAA", name)).toEqual([`fd53:${octet}:96::1`]);
    expect(await dig(pod, "-x", `fd53:${octet}:96::1`)).toEqual([`${name}.`]);
    for (const of of ["pods.default", "pods-0.pods.default"]) {
      expect(await dig(pod, "A", `${of}.svc.cluster.local`)).toEqual([`10.${octet}.0.120`]);
      expect(await dig(pod, "AAAA", `${of}.svc.cluster.local`)).toEqual([`fd53:${octet}:244::120`]);
    }
    expect(await dig(pod, "AAAA", `fd53-${octet}-244--120.default.pod.cluster.local`)).toEqual([
      `fd53:${octet}:244::120`,
    ]);
    // One name, whose SRV record leads to both.
    const both = await digAll("SRV", "_sql._tcp.pods.default.svc.cluster.local");
    expect(both.match(/\sSRV\s0 100 5432 pods-0\.pods\./g)).toHaveLength(1);
    expect(both).toMatch(/pods-0\.pods\S+\s+\d+\s+IN\s+AAAA\s+fd53:/);
  });

  it("is understood by busybox's resolver", async () => {
    const { stdout } = await inside(pod, "busybox", "nslookup", "hostnames.default.svc.cluster.local", address);
    expect(stdout).toContain("Name:\thostnames.default.svc.cluster.local");
    expect(stdout).toContain(`10.${octet}.129.1`);
    expect(stdout).toContain(address);
  });

  it.each([
    ["hostnames", `10.${octet}.129.1`],
    ["hostnames.default", `10.${octet}.129.1`],
    ["hostnames.default.svc", `10.${octet}.129.1`],
    ["kube-dns.kube-system", address],
    ["db-2.db", `10.${octet}.0.102`],
    ["near", `10.${octet}.129.1`],
    ["out", "203.0.113.5"],
    ["www.example", "203.0.113.5"],
    [`10-${octet}-0-5.default.pod.cluster.local.`, `10.${octet}.0.5`],
  ])("finds %s from a Pod, by the C library and by bind's nslookup", async (short, expected) => {
    expect((await asPod("getent", "ahostsv4", short)).split(/\s+/)[0]).toBe(expected);
    expect(await asPod("nslookup", "-type=a", short)).toContain(`Address: ${expected}`);
    expect((await asPod("dig", "+short", "+search", short)).split("\n").at(-1)).toBe(expected);
  });

  it("gives endpoints back by their addresses", async () => {
    const names = [
      [`10.${octet}.0.5`, `10-${octet}-0-5.hostnames.default.svc.cluster.local`],
      [`10.${octet}.0.101`, "db-1.db.default.svc.cluster.local"],
      [`10.${octet}.129.1`, "hostnames.default.svc.cluster.local"],
    ] as const;
    for (const [ip, full] of names) {
      expect(await dig(pod, "-x", ip)).toEqual([`${full}.`]);
      expect(await asPod("getent", "hosts", ip)).toMatch(new RegExp(`^${ip}\\s+${full}$`));
    }
    // Not ready, and not there.
    expect(await digAll("-x", `10.${octet}.0.6`)).toContain("status: NXDOMAIN");
    expect(await digAll("-x", `10.${octet}.0.250`)).toContain("status: NXDOMAIN");
  });

  it.each<[string, string[], RegExp]>([
    ["the version of the schema", ["TXT", "dns-version.cluster.local"], /IN\s+TXT\s+"1\.1\.0"/],
    [
      "the port of a Service",
      ["SRV", "_http._tcp.hostnames.default.svc.cluster.local"],
      /SRV\s+0 100 80 hostnames\.default/,
    ],
    ["an alias", ["CNAME", "out.default.svc.cluster.local"], /CNAME\s+www\.example\./],
    [
      "an alias' address",
      ["out.default.svc.cluster.local"],
      /CNAME\s+www\.example\.\nwww\.example\.\s+60\s+IN\s+A\s+203/,
    ],
    [
      "a name as it was written",
      ["hOstNames.DEFAULT.svc.cluster.local"],
      /\nhOstNames\.DEFAULT\.svc\.cluster\.local\.\s+5\s+IN\s+A/,
    ],
    ["one kind of record for ANY", ["ANY", "+notcp", "db.default.svc.cluster.local"], /ANSWER: 3,/],
    ["REFUSED for another class", ["CH", "TXT", "version.bind"], /status: REFUSED/],
    ["REFUSED for a transfer", ["AXFR", "cluster.local"], /Transfer failed/],
    ["BADVERS for an EDNS to come", ["+edns=1", "+noednsneg", "cluster.local"], /status: BADVERS/],
    ["an OPT record for one", ["+bufsize=4096", "+nocookie", "cluster.local"], /EDNS: version: 0, flags:; udp: 1232/],
    [
      "truncation, and all over TCP",
      ["+noedns", "many.default.svc.cluster.local"],
      /Truncated, retrying in TCP mode[^]*ANSWER: 100,/,
    ],
    [
      "truncation at the size asked for",
      ["+bufsize=800", "+ignore", "many.default.svc.cluster.local"],
      /flags: qr aa tc[^]*MSG SIZE {2}rcvd: (7[89]\d|800)\n/,
    ],
    ["NXDOMAIN of others", ["none.example"], /status: NXDOMAIN[^]*example\.\s+60\s+IN\s+SOA/],
    ["all of a large answer of others", ["large.example"], /Truncated, retrying in TCP mode[^]*ANSWER: 100,/],
    ["NOTIMP for an update", ["+opcode=update", "cluster.local"], /status: NOTIMP/],
  ])("gives dig %s", async (_name, question, expected) => {
    expect(await digAll(...question).catch((error: { stdout: string }) => error.stdout)).toMatch(expected);
  });

  it("answers several questions over one connection", async () => {
    const names = ["hostnames.default.svc.cluster.local", "www.example", "db-1.db.default.svc.cluster.local"];
    const { stdout } = await inside(pod, "dig", `@${address}`, "+tcp", "+keepopen", "+short", ...names);
    expect(stdout.trim().split("\n")).toEqual([`10.${octet}.129.1`, "203.0.113.5", `10.${octet}.0.101`]);
  });

  it("says at once that nobody can be asked", async () => {
    const before = join(folder, "host");
    await writeFile(before, "");
    await expect.poll(() => digAll("elsewhere.example"), { timeout: 5_000 }).toContain("status: SERVFAIL");
    await writeFile(before, `nameserver 127.0.1.${octet}\n`);
    await expect.poll(() => digAll("elsewhere.example"), { timeout: 5_000 }).toContain("status: NOERROR");
  });

  it("answers containers outside the cluster that are pointed to it", async () => {
    const label = ["--label", `skiff.dev/instance=${name}`];
    const lookUp = ["busybox:latest", "nslookup", "hostnames.default.svc.cluster.local"];
    const network = `${name}-others`;
    await run("docker", ["network", "create", ...label, network]);
    try {
      for (const where of [[], ["--network", network]]) {
        const { stdout } = await run("docker", ["run", "--rm", ...label, "--dns", address, ...where, ...lookUp]);
        expect(stdout).toContain(`Address: 10.${octet}.129.1`);
      }
    } finally {
      await run("docker", ["network", "rm", network]);
    }
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
