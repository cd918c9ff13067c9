import { describe, expect, it } from "vitest";
import { ObjectFeed } from "../../test/support/object-feed.ts";
import { FakeClock } from "../machinery/clock.ts";
import { silentLogger } from "../machinery/log.ts";
import { endpointSlices, services } from "../machinery/resource.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import type { RuleChange, RuleSet } from "./compile.ts";
import { ServiceProxy } from "./proxy.ts";
import type { RuleBackend } from "./rule-backend.ts";

const settings: ClusterSettings = {
  name: "test",
  dataDir: "/nonexistent",
  nodeName: "node",
  nodeAddress: "192.0.2.1",
  apiPort: 6443,
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
  nodePortRange: { from: 30_000, to: 32_767 },
  clusterDomain: "cluster.local",
  proxyMode: "nftables",
};

/** Records its calls; answers when told, and fails when told. */
class RecordingBackend implements RuleBackend {
  readonly calls: string[] = [];
  failures = 0;
  inForce = true;
  /** Called before each answer. */
  gate: () => Promise<void> = async () => {};

  async replace(rules: RuleSet): Promise<void> {
    await this.#answer(`replace ${[...rules.keys()].join()}`);
  }

  async change(changes: readonly RuleChange[]): Promise<void> {
    await this.#answer(`change ${changes.map(({ before, after }) => `${ips(before)}>${ips(after)}`).join()}`);
  }

  async isInForce(): Promise<boolean> {
    return this.inForce;
  }

  async targetOf(): Promise<undefined> {
    return undefined;
  }

  async stop(): Promise<void> {
    this.calls.push("stop");
  }

  async #answer(call: string): Promise<void> {
    this.calls.push(call);
    await this.gate();
    if (this.failures-- > 0) throw new Error("refused");
  }
}

function ips(rules: RuleChange["after"]): string {
  return rules?.ports.flatMap((port) => port.targets.map((target) => target.ip.split(".").at(-1))).join("+") ?? "none";
}

function start(feed = new ObjectFeed(), backend = new RecordingBackend()) {
  const clock = new FakeClock();
  let bridgeIsThere = true;
  let setUps = 0;
  const setUpHost = async (): Promise<boolean> => {
    setUps++;
    return bridgeIsThere;
  };
  const proxy = new ServiceProxy({ client: feed, settings, clock, log: silentLogger }, { backend, setUpHost });
  const bridge = (there: boolean): void => void (bridgeIsThere = there);
  return { feed, backend, clock, proxy, bridge, setUps: () => setUps };
}

function service(feed: ObjectFeed, name: string): void {
  feed.put(services, { metadata: { name }, spec: { clusterIP: `10.96.1.${name.length}`, ports: [{ port: 80 }] } });
}

function endpoints(feed: ObjectFeed, name: string, ...last: number[]): void {
  feed.put(endpointSlices, {
    metadata: { name: `${name}-1`, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ port: 80 }],
    endpoints: last.map((n) => ({ addresses: [`10.244.0.${n}`], targetRef: { kind: "Pod", uid: `pod-${n}` } })),
  });
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("ServiceProxy", () => {
  it("replaces everything at start, then changes only what changed, several at once", async () => {
    const { feed, backend, proxy } = start();
    service(feed, "a");
    endpoints(feed, "a", 1);
    await proxy.start();
    service(feed, "bb");
    endpoints(feed, "bb", 2);
    endpoints(feed, "a", 1, 3);
    service(feed, "a");
    await settled();
    service(feed, "a");
    await settled();
    expect(backend.calls).toEqual(["replace default/a", "change none>2,1>1+3"]);
    await proxy.stop();
  });

  it("says that a Pod is reached only once the back end has said so", async () => {
    const { feed, backend, proxy } = start();
    const told: string[][] = [];
    proxy.onChange((uids) => told.push([...uids]));
    expect(proxy.podsInForce("default", "a")).toBeUndefined();
    service(feed, "a");
    endpoints(feed, "a", 1);
    await proxy.start();
    expect(proxy.podsInForce("default", "a")).toEqual(new Set(["pod-1"]));
    let open = (): void => {};
    backend.gate = () => new Promise((resolve) => (open = resolve));
    endpoints(feed, "a", 2);
    service(feed, "bb");
    await settled();
    expect(proxy.podsInForce("default", "a")).toEqual(new Set(["pod-1"]));
    expect(proxy.podsInForce("default", "bb")).toEqual(new Set());
    open();
    await settled();
    expect(proxy.podsInForce("default", "a")).toEqual(new Set(["pod-2"]));
    expect(told).toEqual([["pod-1"], ["pod-1", "pod-2"]]);
    backend.gate = async () => {};
    await proxy.stop();
    expect(proxy.podsInForce("default", "a")).toBeUndefined();
  });

  it("collects what changes while the back end works", async () => {
    const { feed, backend, proxy } = start();
    await proxy.start();
    let open = (): void => {};
    backend.gate = () => new Promise((resolve) => (open = resolve));
    service(feed, "a");
    await settled();
    endpoints(feed, "a", 1);
    endpoints(feed, "a", 2);
    await settled();
    expect(backend.calls).toEqual(["replace ", "change none>"]);
    backend.gate = async () => {};
    open();
    await settled();
    expect(backend.calls.at(-1)).toBe("change >2");
    await proxy.stop();
  });

  it("replaces everything after a failure, again and again until it succeeds, then tells", async () => {
    const { feed, backend, clock, proxy } = start();
    await proxy.start();
    const told: string[][] = [];
    proxy.onChange((uids) => told.push([...uids]));
    backend.failures = 3;
    service(feed, "a");
    endpoints(feed, "a", 1);
    await settled();
    expect(backend.calls).toEqual(["replace ", "change none>1", "replace default/a"]);
    expect(proxy.podsInForce("default", "a")).toEqual(new Set());
    clock.advance(250);
    await settled();
    clock.advance(499);
    await settled();
    expect(backend.calls).toHaveLength(4);
    clock.advance(1);
    await settled();
    expect(backend.calls).toHaveLength(5);
    expect(told).toEqual([["pod-1"]]);
    endpoints(feed, "a", 2);
    await settled();
    expect(backend.calls.at(-1)).toBe("change 1>2");
    await proxy.stop();
  });

  it("does not wait long when something changes that may have been in the way", async () => {
    const { feed, backend, clock, proxy } = start();
    await proxy.start();
    backend.failures = 4;
    service(feed, "a");
    await settled();
    for (const ms of [250, 500]) {
      clock.advance(ms);
      await settled();
    }
    expect(backend.calls).toHaveLength(5);
    endpoints(feed, "a", 1);
    endpoints(feed, "a", 2);
    clock.advance(249);
    await settled();
    expect(backend.calls).toHaveLength(5);
    clock.advance(1);
    await settled();
    expect(backend.calls).toHaveLength(6);
    expect(proxy.podsInForce("default", "a")).toEqual(new Set(["pod-2"]));
    await proxy.stop();
  });

  it("gives an external address that two Services name to the older one, and to the other when that is gone", async () => {
    const { feed, backend, proxy } = start();
    const claim = (name: string, clusterIP: string, year: number) =>
      feed.put(services, {
        metadata: { name, creationTimestamp: `${year}-01-01T00:00:00Z` },
        spec: { clusterIP, externalIPs: ["192.0.2.7", "10.96.1.9"], ports: [{ port: 80 }] },
      });
    const external = (name: string): string[] | undefined =>
      proxy.rules.get(`default/${name}`)?.ports[0]?.externalAddresses?.map(({ ip }) => ip);
    claim("young", "10.96.1.8", 2026);
    await proxy.start();
    expect(external("young")).toEqual(["192.0.2.7", "10.96.1.9"]);
    claim("old", "10.96.1.9", 2025);
    await settled();
    expect([external("old"), external("young")]).toEqual([["192.0.2.7"], undefined]);
    feed.remove(services, "old");
    await settled();
    expect(external("young")).toEqual(["192.0.2.7", "10.96.1.9"]);
    expect(backend.calls).toHaveLength(3);
    await proxy.stop();
  });

  it("puts everything in force again when somebody has removed it", async () => {
    const { feed, backend, clock, proxy, setUps } = start();
    service(feed, "a");
    endpoints(feed, "a", 1);
    await proxy.prepareHost();
    await proxy.start();
    clock.advance(30_000);
    await settled();
    expect(backend.calls).toEqual(["replace default/a"]);
    backend.inForce = false;
    clock.advance(30_000);
    await settled();
    backend.inForce = true;
    expect(backend.calls).toEqual(["replace default/a", "replace default/a"]);
    expect(setUps()).toBe(2);
    clock.advance(30_000);
    await settled();
    expect(backend.calls).toHaveLength(2);
    await proxy.stop();
    clock.advance(30_000);
    await settled();
    expect(backend.calls).toHaveLength(3);
  });

  it("prepares the host again until the Pods' bridge is there", async () => {
    const { clock, proxy, bridge, setUps } = start();
    bridge(false);
    await proxy.prepareHost();
    await proxy.start();
    clock.advance(500);
    await settled();
    bridge(true);
    clock.advance(500);
    await settled();
    clock.advance(5_000);
    await settled();
    expect(setUps()).toBe(3);
    await proxy.stop();
  });

  it("tells nobody who stopped listening, and does nothing after it was stopped", async () => {
    const { feed, backend, proxy } = start();
    await proxy.start();
    let told = 0;
    const listening = proxy.onChange(() => told++);
    listening[Symbol.dispose]();
    service(feed, "a");
    endpoints(feed, "a", 1);
    await settled();
    await proxy.stop();
    endpoints(feed, "a", 2);
    await settled();
    expect(told).toBe(0);
    expect(backend.calls).toEqual(["replace ", "change none>1", "stop"]);
  });
});
