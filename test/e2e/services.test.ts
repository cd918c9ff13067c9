/** Services of every type on real Pods, in both proxy modes: who reaches them, what they become, and that nothing is lost. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableName } from "../../src/machinery/network-names.ts";
import type { ServiceTrace } from "../../src/machinery/service-trace.ts";
import type { ProxyMode } from "../../src/machinery/settings.ts";
import type { Pod, Service } from "../../src/machinery/types.ts";
import { flappable, shake } from "../support/hostnames.ts";
import { get, Load } from "../support/http.ts";
import { eventually, run, SkiffInstance } from "../support/skiff.ts";

const service = (name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { selector: { app: "hostnames" }, ports: [{ port: 80, targetPort: "web" }], ...spec },
  });

const endpointsByHand = (name: string, ip: string, port: number): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name },
    subsets: [{ addresses: [{ ip }], ports: [{ port }] }],
  });

describe.each<ProxyMode>(["nftables", "userspace"])("Services in %s mode", (mode) => {
  let instance: SkiffInstance;
  let names: string[];

  beforeAll(async () => {
    instance = await SkiffInstance.start("--proxy-mode", mode, "--node-port-range", "8000-32767");
    await instance.apply(flappable("hostnames", 3));
    await instance.kubectl("rollout", "status", "deployment/hostnames", "--timeout=60s");
    const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
    names = items.map(({ metadata }) => metadata?.name ?? "").sort();
  });
  afterAll(() => instance?.[Symbol.asyncDispose]());

  const of = (name: string): Promise<Service> => instance.json<Service>("get", "service", name);

  /** Calls until each Pod has answered; a call that fails is an error. */
  async function allAnswer(url: string): Promise<void> {
    const answered = new Set<string>();
    for (let call = 0; call < 200 && answered.size < names.length; call++) answered.add((await get(url)).trim());
    expect([url, [...answered].sort()]).toEqual([url, names]);
  }

  /** The address that the load balancer of a Service has got. */
  const balanced = (name: string): Promise<string> =>
    eventually(async () => (await of(name)).status?.loadBalancer?.ingress?.[0]?.ip, `${name} has an address`);

  it("reaches every Pod by cluster IP, and by node port on every address of the host", async () => {
    await instance.apply(
      service("plain", { type: "NodePort", ports: [{ port: 80, targetPort: "web", nodePort: 8477 }] }),
    );
    const { spec } = await of("plain");
    await eventually(() => get(`http://${spec?.clusterIP}/`), "the cluster IP answers");
    await allAnswer(`http://${spec?.clusterIP}/`);
    const addresses = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).flatMap(({ family, address }) => (family === "IPv4" ? [address] : [])),
    );
    for (const address of addresses) await allAnswer(`http://${address}:8477/`);
    await instance.kubectl("delete", "service", "plain");
  });

  it("gives each load balancer an address at which its ports are free, and health checks tell of Pods", async () => {
    const local = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
    await instance.apply(service("first", { ...local, ports: [{ port: 8081, targetPort: "web" }] }));
    await instance.apply(service("second", { type: "LoadBalancer", ports: [{ port: 8081, targetPort: "web" }] }));
    const [first, second] = [await balanced("first"), await balanced("second")];
    expect(second).toMatch(/^127\.64\.0\.\d+$/);
    expect(first).not.toBe(second);
    for (const address of [first, second]) {
      await eventually(() => get(`http://${address}:8081/`), `${address} answers`);
      await allAnswer(`http://${address}:8081/`);
    }
    expect(await instance.kubectl("get", "service", "second")).toContain(second);
    const { spec } = await of("first");
    const health = `http://127.0.0.1:${spec?.healthCheckNodePort}/healthz`;
    expect(JSON.parse(await get(health))).toEqual({
      service: { namespace: "default", name: "first" },
      localEndpoints: 3,
      serviceProxyHealthy: true,
    });
    const events = await instance.kubectl("get", "events", "--field-selector", "involvedObject.name=first");
    expect(events).toContain("EnsuredLoadBalancer");
    await instance.kubectl("delete", "service", "first", "second");
    await eventually(async () => {
      await expect(get(`http://${second}:8081/`)).rejects.toThrow("ECONNREFUSED");
      return true;
    }, "the address is given up");
  });

  it("turns a Service into every other type in place", async () => {
    await instance.apply(service("changing", { ports: [{ port: 8082, targetPort: "web" }] }));
    const { clusterIP } = (await of("changing")).spec ?? {};
    const patch = (spec: object) =>
      instance.kubectl("patch", "service", "changing", "--type=merge", "-p", JSON.stringify({ spec }));
    await patch({ type: "NodePort" });
    const nodePort = (await of("changing")).spec?.ports?.[0]?.nodePort;
    await eventually(() => get(`http://127.0.0.1:${nodePort}/`), "the node port answers");
    await patch({ type: "LoadBalancer" });
    const address = await balanced("changing");
    await eventually(() => get(`http://${address}:8082/`), "the load balancer answers");
    await allAnswer(`http://${clusterIP}:8082/`);
    await patch({ type: "ClusterIP" });
    await eventually(async () => {
      expect((await of("changing")).status).toEqual({ loadBalancer: {} });
      for (const place of [`${address}:8082`, `127.0.0.1:${nodePort}`]) {
        await expect(get(`http://${place}/`)).rejects.toThrow("ECONNREFUSED");
      }
      return true;
    }, "nothing of the other types is left");
    await allAnswer(`http://${clusterIP}:8082/`);
    await patch({ type: "ExternalName", externalName: "example.com", clusterIP: null, clusterIPs: null });
    await eventually(async () => {
      await expect(get(`http://${clusterIP}:8082/`)).rejects.toThrow("ECONNREFUSED");
      return true;
    }, "the cluster IP is given up");
    await patch({ type: "ClusterIP", externalName: null });
    const again = (await of("changing")).spec?.clusterIP;
    await eventually(() => get(`http://${again}:8082/`), "the new cluster IP answers");
    await instance.kubectl("delete", "service", "changing");
  });

  it("sends to Endpoints written by hand, and keeps a client with its Pod for as long as the Service says", async () => {
    const [target = ""] = (await instance.kubectl("get", "pods", "-o", "jsonpath={.items[*].status.podIP}")).split(" ");
    await instance.apply(service("byhand", { selector: null }));
    await instance.apply(endpointsByHand("byhand", target, 9376));
    const byHand = (await of("byhand")).spec?.clusterIP;
    await eventually(() => get(`http://${byHand}/`), "the endpoint answers");
    const affinity = { clientIP: { timeoutSeconds: 600 } };
    await instance.apply(service("sticky", { sessionAffinity: "ClientIP", sessionAffinityConfig: affinity }));
    const sticky = `http://${(await of("sticky")).spec?.clusterIP}/`;
    const first = await eventually(() => get(sticky), "the Service answers");
    for (let call = 0; call < 20; call++) expect(await get(sticky)).toBe(first);
    await instance.kubectl("delete", "service", "byhand", "sticky");
  });

  it.each([false, true])(
    "loses no request in updates, scaling and flapping readiness (keep-alive: %s)",
    async (keepAlive) => {
      await instance.apply(service("steady", { type: "NodePort" }));
      const { spec } = await of("steady");
      const urls = [`http://${spec?.clusterIP}/`, `http://127.0.0.1:${spec?.ports?.[0]?.nodePort}/`];
      for (const url of urls) await eventually(() => get(url), `${url} answers`);
      const loads = urls.map((url) => new Load(url, { clients: 3, keepAlive }));
      await shake(instance, "hostnames", [1, 5, 1, 3]);
      for (const load of loads) await load.stop();
      expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
      for (const { answered } of loads) expect(answered).toBeGreaterThan(200);
      await instance.kubectl("delete", "service", "steady");
      await eventually(async () => {
        const { items } = await instance.json<{ items: Pod[] }>("get", "pods", "-l", "app=hostnames");
        names = items.map(({ metadata }) => metadata?.name ?? "").sort();
        return names.length === 3 ? true : undefined;
      }, "only the present Pods are left");
    },
  );

  it("explains its rules, and follows a request to the Pod that takes it", async () => {
    await instance.apply(service("explained", { type: "NodePort" }));
    const { spec } = await of("explained");
    await eventually(() => get(`http://${spec?.clusterIP}/`), "the Service answers");
    const command = async (text: string): Promise<string> => {
      const output = await instance.shell(text);
      expect([text, output.code]).toEqual([text, 0]);
      return output.all;
    };
    const rules = await command("skiff proxy rules explained");
    const targets = (await instance.kubectl("get", "pods", "-o", "jsonpath={.items[*].status.podIP}")).split(" ");
    for (const ip of targets) expect(rules).toContain(ip);
    if (mode === "nftables") {
      const { stdout } = await run("nft", ["list", "table", "ip", tableName(instance)]);
      const inKernel = stdout.replaceAll(/\s+/g, " ");
      const elements = rules.split("\n").filter((line) => /^[a-z-]+: (\d|tcp)/.test(line));
      expect(elements.length).toBeGreaterThan(6);
      for (const line of elements) expect(inKernel).toContain(line.slice(line.indexOf(": ") + 2));
    }
    expect(await command("skiff proxy rules explained --as iptables")).toMatch(
      /-m statistic --mode random --probability 0\.33333333\d+ -j KUBE-SEP-/,
    );
    expect(await command("skiff proxy rules explained --as ipvs")).toContain(`TCP  ${spec?.clusterIP}:80 rr`);
    expect(await command("skiff proxy rules")).toContain("# Service default/kubernetes");

    await instance.kubectl("run", "stranger", "--image=busybox:1.36", "--labels=app=hostname", "--", "sleep", "1000");
    const trace = JSON.parse(await instance.skiff("trace", "svc/explained", "-o", "json")) as ServiceTrace;
    expect(trace.dns).toMatchObject({ name: "explained.default.svc.cluster.local", answers: [spec?.clusterIP] });
    expect(trace.pods.map(({ pod, excluded = "an endpoint" }) => `${pod}: ${excluded}`).sort()).toEqual(
      names.map((name) => `${name}: an endpoint`),
    );
    expect(trace.nearMisses[0]).toMatchObject({
      pod: "stranger",
      excluded: 'its label app is "hostname", the Service selects "hostnames"',
    });
    expect(trace.connections).toHaveLength(1);
    expect(names).toContain(trace.connections[0]?.pod);
    expect(await command("skiff trace explained")).toMatch(/Request: +TCP \S+:80 → \S+:9376 \(hostnames-/);

    await instance.apply(service("headless", { clusterIP: "None" }));
    await instance.kubectl(
      "create",
      "service",
      "externalname",
      "alias",
      "--external-name=explained.default.svc.cluster.local",
    );
    const traced = async (name: string) =>
      JSON.parse(await instance.skiff("trace", name, "-o", "json")) as ServiceTrace;
    const headless = await eventually(async () => {
      const found = await traced("headless");
      return found.pods.length === names.length && found.dns.answers.length === names.length ? found : undefined;
    }, "the headless Service has its Pods");
    expect(headless).toMatchObject({ clusterIPs: [], connections: [] });
    expect(headless.pods.filter(({ excluded }) => excluded !== undefined)).toEqual([]);
    expect(await traced("alias")).toMatchObject({
      dns: { answers: ["explained.default.svc.cluster.local"] },
      pods: [],
    });
    await instance.kubectl("delete", "service", "headless", "alias");
    expect((await instance.trySkiff("trace", "svc/nosuch")).all).toContain('services "nosuch" not found');
    await instance.kubectl("delete", "service/explained", "pod/stranger", "--grace-period=0", "--force");
  });

  it("follows requests that are reset or refused, and names in one family only, and lives on", async () => {
    const { pid, podCidr } = await instance.status();
    const gateway = podCidr.replace(/\.0\/\d+$/, ".1");
    // It accepts, and breaks off at once.
    const server = createServer((socket) => void socket.resetAndDestroy()).listen(0, gateway);
    await once(server, "listening");
    const lone = { selector: null, ports: [{ port: 80 }] };
    await instance.apply(service("reset", lone));
    await instance.apply(endpointsByHand("reset", gateway, (server.address() as AddressInfo).port));
    await instance.apply(service("closed", lone));
    await instance.apply(endpointsByHand("closed", gateway, 1));
    await instance.apply(service("one-family", { ...lone, clusterIP: "None" }));
    await instance.apply(endpointsByHand("one-family", "192.0.2.76", 80));
    const trace = (name: string, saying: RegExp) =>
      eventually(
        async () => saying.test((await instance.trySkiff("trace", name)).all) || undefined,
        `${name}: ${saying}`,
      );
    // Whether it is told before or after the connection stands is a matter of microseconds.
    for (let time = 0; time < 10; time++) await trace("reset", /Request: .*(: reset|ECONNRESET)/);
    await trace("closed", mode === "userspace" ? /Request: .*: reset: no endpoint took it/ : /Request: .*: refused/);
    await trace("one-family", /DNS: .* → 192\.0\.2\.76 /);
    server.close();
    expect((await instance.status()).pid).toBe(pid);
    await instance.kubectl("delete", "service", "reset", "closed", "one-family");
  });

  it("answers again after a restart, by the same addresses", async () => {
    await instance.apply(service("lasting", { type: "LoadBalancer", ports: [{ port: 8083, targetPort: "web" }] }));
    const address = await balanced("lasting");
    const url = `http://${address}:8083/`;
    await eventually(() => get(url), "the load balancer answers");
    const { pid } = await instance.status();
    await run("kill", ["-9", String(pid)]);
    await instance.skiff("up");
    await eventually(() => get(url), "it answers again");
    expect(await balanced("lasting")).toBe(address);
    await instance.kubectl("delete", "service", "lasting");
  });
});
