/** A dual-stack cluster on real Docker: Pods with two addresses, Services in both families, DNS, and that nothing is lost. */
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProxyMode } from "../../src/machinery/settings.ts";
import type { EndpointSlice, Endpoints, Node, Pod, Service } from "../../src/machinery/types.ts";
import { exec } from "../support/host.ts";
import { get, Load } from "../support/http.ts";
import { eventually, SkiffInstance } from "../support/skiff.ts";

const [pods, services] = ["fd52:10:244::/64", "fd52:10:96::/112"];

/** Its server listens at every address, of either family, and answers with the Pod's name. */
const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: busybox:1.36
          command: [sh, -c, "mkdir /tmp/www && hostname > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"]
          readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
          env:
            - { name: ADDRESSES, valueFrom: { fieldRef: { fieldPath: status.podIPs } } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  ipFamilyPolicy: RequireDualStack
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: pods }
spec:
  clusterIP: None
  ipFamilyPolicy: PreferDualStack
  selector: { app: web }
  ports: [{ port: 8080 }]
`;

describe.each<ProxyMode>(["nftables", "userspace"])("a dual-stack cluster in %s mode", (mode) => {
  let instance: SkiffInstance;

  beforeAll(async () => {
    const ranges = ["--pod-cidr", `10.212.0.0/16,${pods}`, "--service-cidr", `10.213.0.0/16,${services}`];
    instance = await SkiffInstance.start("--proxy-mode", mode, ...ranges);
    await instance.apply(workload);
    await instance.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
  });
  afterAll(() => instance?.[Symbol.asyncDispose]());

  const web = (): Promise<Service> => instance.json<Service>("get", "service", "web");
  const members = async (): Promise<Pod[]> =>
    (await instance.json<{ items: Pod[] }>("get", "pods", "-l", "app=web")).items;

  /** Calls until each Pod has answered; a call that fails is an error. */
  async function allAnswer(url: string): Promise<void> {
    const names = (await members()).map(({ metadata }) => metadata?.name ?? "").sort();
    const answered = new Set<string>();
    for (let n = 0; n < 200 && answered.size < names.length; n++) answered.add((await get(url)).trim());
    expect([url, [...answered].sort()]).toEqual([url, names]);
  }

  it("gives Pods and the node addresses of both families", async () => {
    const status = await instance.status();
    expect([status.podCidr, status.serviceCidr]).toEqual([`10.212.0.0/16,${pods}`, `10.213.0.0/16,${services}`]);
    for (const { metadata, status: { podIP, podIPs = [], hostIPs = [] } = {} } of await members()) {
      const [first = "", second = ""] = podIPs.map(({ ip }) => ip);
      expect(podIP).toBe(first);
      expect(first).toMatch(/^10\.212\./);
      expect(second).toMatch(/^fd52:10:244::/);
      expect((await get(`http://[${second}]:8080/`)).trim()).toBe(metadata?.name);
      const inside = (...command: string[]) => instance.kubectl("exec", metadata?.name ?? "", "--", ...command);
      expect((await inside("sh", "-c", "echo $ADDRESSES")).trim()).toBe(`${first},${second}`);
      const hosts = await inside("cat", "/etc/hosts");
      expect(hosts).toContain(`${first}\t${metadata?.name}\n${second}\t${metadata?.name}\n`);
      expect(hostIPs.length).toBeGreaterThan(0);
    }
    const { items } = await instance.json<{ items: Node[] }>("get", "nodes");
    expect(items[0]?.spec?.podCIDRs).toEqual(["10.212.0.0/16", pods]);
  });

  it("answers at both cluster IPs, from the host and from Pods, and at node ports of the host's addresses", async () => {
    const clusterIPs = await instance.kubectl("get", "svc", "web", "-o", "jsonpath={.spec.clusterIPs}");
    const [first = "", second = ""] = JSON.parse(clusterIPs) as string[];
    expect(first).toMatch(/^10\.213\./);
    expect(second).toMatch(/^fd52:10:96::/);
    await allAnswer(`http://${first}/`);
    await allAnswer(`http://[${second}]/`);
    expect(await exec("curl", "-gsS", "--max-time", "5", `http://[${second}]/`)).toMatch(/^web-/);
    expect(await instance.kubectl("exec", "deploy/web", "--", "wget", "-qO-", `http://[${second}]/`)).toMatch(/^web-/);
    const trace = await instance.skiff("trace", "svc/web");
    expect(trace).toContain(`Cluster IP:   ${first}, ${second}\n`);
    expect(trace).toMatch(/TCP 10\.213\.\d+\.\d+:80 → 10\.212\.0\.\d+:8080 \(web-\S+\), connected/);
    expect(trace).toMatch(/TCP \[fd52:10:96::[\da-f]+\]:80 → \[fd52:10:244::[\da-f]+\]:8080 \(web-\S+\), connected/);
    const nodePort = (await web()).spec?.ports?.[0]?.nodePort;
    const own = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).flatMap(({ family, scopeid, internal, address }) =>
        family === "IPv6" && !scopeid && !internal && !address.startsWith("fd52:10:96:") ? [address] : [],
      ),
    );
    expect(own.length).toBeGreaterThan(0);
    for (const address of own) await allAnswer(`http://[${address}]:${nodePort}/`);
    await allAnswer(`http://127.0.0.1:${nodePort}/`);
  });

  it("tells of endpoints in slices of each family, and in Endpoints of the first", async () => {
    const { items } = await instance.json<{ items: EndpointSlice[] }>(
      "get",
      "endpointslices",
      "-l",
      "kubernetes.io/service-name=web",
    );
    const addressesOf = (type: string) =>
      items.filter(({ addressType }) => addressType === type).flatMap(({ endpoints }) => endpoints[0]?.addresses);
    expect(items.map(({ addressType }) => addressType).sort()).toEqual(["IPv4", "IPv6"]);
    expect(addressesOf("IPv6")).toEqual([expect.stringMatching(/^fd52:10:244::/)]);
    const { subsets = [] } = await instance.json<Endpoints>("get", "endpoints", "web");
    const listed = subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip));
    expect(listed).toHaveLength(2);
    for (const ip of listed) expect(ip).toMatch(/^10\.212\./);
  });

  it("answers DNS questions of both families", async () => {
    const dig = async (...question: string[]) =>
      (await exec("dig", "+short", "+tries=1", "+timeout=3", "@10.213.0.10", ...question)).split("\n").sort();
    const clusterIPs = (await web()).spec?.clusterIPs ?? [];
    expect(await dig("A", "web.default.svc.cluster.local")).toEqual([clusterIPs[0]]);
    expect(await dig("AAAA", "web.default.svc.cluster.local")).toEqual([clusterIPs[1]]);
    expect(await dig("-x", clusterIPs[1] ?? "")).toEqual(["web.default.svc.cluster.local."]);
    const second = (await members()).map(({ status }) => status?.podIPs?.[1]?.ip ?? "").sort();
    expect(await dig("AAAA", "pods.default.svc.cluster.local")).toEqual(second);
    const [one = ""] = second;
    expect(await dig("AAAA", `${one.replaceAll(":", "-")}.default.pod.cluster.local`)).toEqual([one]);
    const host = "kubernetes.default.svc.cluster.local";
    expect(await dig("AAAA", host)).toEqual([""]);
  });

  it("loses no request by IPv6 in a rolling update, and none when a Service gains and loses the family", async () => {
    const { clusterIPs = [] } = (await web()).spec ?? {};
    const load = new Load(`http://[${clusterIPs[1]}]/`);
    await instance.kubectl("rollout", "restart", "deployment/web");
    await instance.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    await load.stop();
    expect([load.failures, load.answered > 50]).toEqual([[], true]);
    const patch = (policy: string) =>
      instance.kubectl("patch", "service", "web", "-p", JSON.stringify({ spec: { ipFamilyPolicy: policy } }));
    const other = new Load(`http://${clusterIPs[0]}/`);
    await patch("SingleStack");
    expect((await web()).spec).toMatchObject({ clusterIPs: [clusterIPs[0]], ipFamilies: ["IPv4"] });
    await eventually(async () => {
      await expect(get(`http://[${clusterIPs[1]}]/`)).rejects.toThrow("ECONNREFUSED");
      return true;
    }, "the second address is given up");
    await patch("PreferDualStack");
    const again = (await web()).spec?.clusterIPs ?? [];
    await eventually(() => get(`http://[${again[1]}]/`), "the new one answers");
    await other.stop();
    expect(other.failures).toEqual([]);
  });

  it("keeps its addresses over a restart, and serves on", async () => {
    const before = (await members()).map(({ status }) => status?.podIPs);
    const { clusterIPs = [] } = (await web()).spec ?? {};
    await instance.skiff("down", "--keep-pods");
    await instance.up();
    expect((await members()).map(({ status }) => status?.podIPs)).toEqual(before);
    await eventually(() => get(`http://[${clusterIPs[1]}]/`), "it answers again");
    const refusal = await instance.trySkiff("up", "--pod-cidr", "10.212.0.0/16");
    expect(refusal.all).toContain(`with --pod-cidr 10.212.0.0/16,${pods}`);
  });
});

it("leaves nothing of a dual-stack cluster behind", async () => {
  const left = await Promise.all([
    exec("ip", "-6", "route", "show", "table", "all"),
    exec("nft", "list", "tables"),
    exec("docker", "network", "ls", "--format", "{{.Name}}"),
  ]);
  expect(left[0]).not.toContain("fd52:10:");
  // Other instances may have tables of their own, of both families only if they are dual-stack.
  expect(left[1]).not.toMatch(/table ip6 skiff-t/);
});
