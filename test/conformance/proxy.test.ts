/** What Services promise, asked of both proxy modes with real traffic between real network namespaces. */
import { createConnection } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bridgeName, tableName } from "../../src/machinery/network-names.ts";
import { services } from "../../src/machinery/resource.ts";
import type { ProxyMode } from "../../src/machinery/settings.ts";
import { probeNftables } from "../../src/proxy/index.ts";
import {
  answerers,
  call,
  eventually,
  holdConnection,
  inside,
  NetworkLab,
  outOfTime,
  type Place,
  refused,
} from "../support/network-lab.ts";
import { endpointOf, ProxyCluster, settingsOf, udpClient } from "../support/proxy-cluster.ts";
import { SctpLab } from "../support/sctp.ts";

/** Not 80: an instance of Skiff on this machine may have that, at every address. */
const web = 8_280;

const modes: { mode: ProxyMode; name: string; octet: number }[] = [
  { mode: "nftables", name: "conf-n", octet: 201 },
  { mode: "userspace", name: "conf-u", octet: 202 },
];

describe.each(modes)("Services in $mode mode", ({ mode, name, octet }) => {
  const settings = settingsOf(name, octet, mode);
  const vip = (n: number): string => `10.${octet}.129.${n}`;
  const at = (n: number): string => `${vip(n)}:${web}`;
  let lab: NetworkLab;
  let cluster: ProxyCluster;
  let a: Place;
  let b: Place;
  let c: Place;

  beforeAll(async () => {
    lab = new NetworkLab(settings);
    [a, b, c] = await Promise.all([lab.pod("a"), lab.pod("b"), lab.pod("c", [8080, 9090])]);
    cluster = await ProxyCluster.start(settings);
  });

  afterAll(async () => {
    // Either is missing when the set-up failed.
    await cluster?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  it("answers on the cluster IP with every ready endpoint, from the host and from Pods", async () => {
    cluster.service("web", vip(1), [{ port: web, targetPort: 8080 }]);
    cluster.endpoints("web", [a, b, endpointOf(c, { ready: false })]);
    await cluster.inForce("web", [a, b]);
    expect(await answerers(undefined, at(1))).toEqual(new Set(["a", "b"]));
    expect(await answerers(c, at(1))).toEqual(new Set(["a", "b"]));
  });

  it("answers containers of other Docker networks", async () => {
    cluster.service("neighbour", vip(2), [{ port: web }]);
    cluster.endpoints("neighbour", [a]);
    await cluster.inForce("neighbour", [a]);
    const neighbour = lab.container("neighbour", "bridge");
    expect((await call(neighbour, at(2))).body).toBe("a");
  });

  it("lets a Pod reach itself", async () => {
    cluster.service("self", vip(3), [{ port: web }]);
    cluster.endpoints("self", [a]);
    await cluster.inForce("self", [a]);
    expect((await call(a, at(3))).body).toBe("a");
  });

  it("takes each slice's own number for a named port, and several ports apart", async () => {
    cluster.service("ports", vip(4), [
      { name: "http", port: web },
      { name: "admin", port: 81 },
    ]);
    cluster.endpoints("ports", [a], 8080, { portName: "http" });
    cluster.endpoints("ports", [c], 9090, { portName: "http", slice: "ports-2" });
    cluster.endpoints("ports", [c], 9090, { portName: "admin", slice: "ports-3" });
    await cluster.inForce("ports", [a, c]);
    expect(await answerers(undefined, at(4))).toEqual(new Set(["a", "c"]));
    expect(await answerers(undefined, `${vip(4)}:81`, 5)).toEqual(new Set(["c"]));
  });

  it("refuses at once where there is no endpoint, no such port, or no Service any more", async () => {
    cluster.service("empty", vip(5), [{ port: web }]);
    cluster.service("gone", vip(6), [{ port: web }]);
    cluster.endpoints("gone", [a]);
    await cluster.inForce("empty", []);
    await cluster.inForce("gone", [a]);
    expect((await call(undefined, at(6))).body).toBe("a");
    cluster.feed.remove(services, "gone");
    await eventually("gone is forgotten", () => cluster.proxy.podsInForce("default", "gone") === undefined);
    for (const from of [undefined, c]) {
      for (const address of [at(5), at(6), `${vip(1)}:8181`]) {
        // Many calls: an answer whose rate the kernel limits would be a timeout for some.
        const codes = await Promise.all(Array.from({ length: 12 }, async () => (await call(from, address)).code));
        expect(new Set(codes)).toEqual(new Set([refused]));
      }
    }
  });

  it("falls back to endpoints that still serve while they terminate", async () => {
    cluster.service("draining", vip(7), [{ port: web }]);
    const leaving = endpointOf(a, { ready: false, serving: true, terminating: true });
    cluster.endpoints("draining", [leaving, b]);
    await cluster.inForce("draining", [b]);
    expect(await answerers(undefined, at(7), 10)).toEqual(new Set(["b"]));
    cluster.endpoints("draining", [leaving, endpointOf(b, { ready: false })]);
    await cluster.inForce("draining", [a]);
    expect(await answerers(undefined, at(7), 10)).toEqual(new Set(["a"]));
  });

  it("opens NodePorts on every address of the host, for the host, Pods, containers and other hosts", async () => {
    cluster.service("node", vip(8), [{ port: web, nodePort: 31_000 + octet }], { type: "NodePort" });
    cluster.endpoints("node", [a, b]);
    await cluster.inForce("node", [a, b]);
    const port = 31_000 + octet;
    const addresses = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter((entry) => entry.family === "IPv4"),
    );
    expect(addresses.length).toBeGreaterThan(2);
    for (const { address } of addresses) {
      expect([address, (await call(undefined, `${address}:${port}`)).code]).toEqual([address, 0]);
    }
    expect(await answerers(undefined, `127.0.0.1:${port}`)).toEqual(new Set(["a", "b"]));
    const gateway = `10.${octet}.0.1`;
    expect((await call(a, `${gateway}:${port}`)).code).toBe(0);
    expect((await call(lab.container("near", "bridge"), `172.17.0.1:${port}`)).code).toBe(0);
    const far = await lab.otherHost("far");
    expect(await answerers(far, `${far.gateway}:${port}`)).toEqual(new Set(["a", "b"]));
    expect((await call(far, `${far.gateway}:${port + 500}`)).code).toBe(refused);
  });

  it("keeps external addresses that several Services name for one of them, and cluster IPs for their own", async () => {
    const far = await lab.otherHost("claimed", `198.19.${octet}`);
    const port = 8_100 + octet;
    const also = { externalIPs: [far.gateway, far.gateway, vip(31)] };
    cluster.service("first", vip(31), [{ port }], also);
    cluster.service("second", vip(32), [{ port }], also);
    cluster.service("third", vip(33), [{ port: web }]);
    cluster.endpoints("first", [a]);
    cluster.endpoints("second", [b]);
    cluster.endpoints("third", [c]);
    await cluster.inForce("third", [c]);
    expect(await answerers(undefined, `${vip(31)}:${port}`)).toEqual(new Set(["a"]));
    expect(await answerers(far, `${far.gateway}:${port}`)).toEqual(new Set(["a"]));
    cluster.feed.remove(services, "first");
    await eventually("the next has it", async () => (await call(far, `${far.gateway}:${port}`)).body === "b");
    expect(await answerers(undefined, at(33))).toEqual(new Set(["c"]));
  });

  it("answers at addresses of load balancers and externalIPs, for the host, Pods, containers and other hosts", async () => {
    const far = await lab.otherHost("farther", `198.18.${octet}`);
    const port = 8_000 + octet;
    const loopback = `127.64.${octet}.1`;
    const way = { type: "LoadBalancer", externalIPs: [far.gateway] };
    cluster.service("balanced", vip(20), [{ port }], way, [loopback]);
    cluster.endpoints("balanced", [a, b]);
    await cluster.inForce("balanced", [a, b]);
    expect(await answerers(undefined, `${loopback}:${port}`)).toEqual(new Set(["a", "b"]));
    expect(await answerers(undefined, `${far.gateway}:${port}`)).toEqual(new Set(["a", "b"]));
    expect(await answerers(far, `${far.gateway}:${port}`)).toEqual(new Set(["a", "b"]));
    expect((await call(a, `${far.gateway}:${port}`)).code).toBe(0);
    expect((await call(lab.container("farther-near", "bridge"), `${far.gateway}:${port}`)).code).toBe(0);
    cluster.endpoints("balanced", []);
    await cluster.inForce("balanced", []);
    expect((await call(undefined, `${far.gateway}:${port}`)).code).toBe(refused);
    expect((await call(far, `${far.gateway}:${port}`)).code).toBe(refused);
    cluster.endpoints("balanced", [b]);
    await cluster.inForce("balanced", [b]);
    cluster.service("balanced", vip(20), [{ port }]);
    await eventually(
      "the address is nobody's",
      async () => (await call(far, `${far.gateway}:${port}`)).code === refused,
    );
    expect((await call(undefined, `${vip(20)}:${port}`)).body).toBe("b");
  });

  it("reaches endpoints outside the Pod network", async () => {
    const outside = await lab.otherHost("outside", "203.0.113");
    cluster.service("outside", vip(9), [{ port: web }]);
    cluster.endpoints("outside", [{ addresses: [outside.ip] }]);
    await eventually("it is in force", async () => (await call(undefined, at(9))).code === 0);
    expect((await call(undefined, at(9))).body).toBe("outside");
    expect((await call(a, at(9))).body).toBe("outside");
  });

  it("lets a UDP client in that knocked before there was an endpoint", async () => {
    const port = 31_300 + octet;
    cluster.service("late", vip(20), [{ port: 53, protocol: "UDP", nodePort: port }], { type: "NodePort" });
    await cluster.inForce("late", []);
    using client = await udpClient();
    for (const [address, at] of [
      ["127.0.0.1", port],
      [vip(20), 53],
    ] as const) {
      cluster.endpoints("late", [], 8080, { protocol: "UDP" });
      await cluster.inForce("late", []);
      client.knock(address, at);
      client.knock(address, at);
      cluster.endpoints("late", [a], 8080, { protocol: "UDP" });
      await cluster.inForce("late", [a]);
      expect(await client.ask(address, at)).toBe("a hello");
    }
  });

  it("moves a UDP client whose endpoint left while the proxy was away", async () => {
    cluster.service("away", vip(21), [{ port: 53, protocol: "UDP" }]);
    cluster.endpoints("away", [a], 8080, { protocol: "UDP" });
    await cluster.inForce("away", [a]);
    using client = await udpClient();
    expect(await client.ask(vip(21), 53)).toBe("a hello");
    await cluster.proxy.stop();
    cluster.endpoints("away", [b], 8080, { protocol: "UDP" });
    await cluster.startAgain();
    expect(await client.ask(vip(21), 53)).toBe("b hello");
  });

  it("carries UDP, and moves a client at once when its endpoint leaves", async () => {
    cluster.service("udp", vip(10), [{ port: 53, protocol: "UDP", nodePort: 31_100 + octet }], { type: "NodePort" });
    for (const [address, port] of [
      [vip(10), 53],
      ["127.0.0.1", 31_100 + octet],
    ] as const) {
      cluster.endpoints("udp", [a], 8080, { protocol: "UDP" });
      await cluster.inForce("udp", [a]);
      using client = await udpClient();
      expect(await client.ask(address, port)).toBe("a hello");
      cluster.endpoints("udp", [b], 8080, { protocol: "UDP" });
      await cluster.inForce("udp", [b]);
      expect(await client.ask(address, port)).toBe("b hello");
    }
  });

  it("keeps a client with its endpoint under ClientIP affinity", async () => {
    cluster.service("sticky", vip(11), [{ port: web }], { sessionAffinity: "ClientIP" });
    cluster.endpoints("sticky", [a, b, c]);
    await cluster.inForce("sticky", [a, b, c]);
    const first = (await call(undefined, at(11))).body;
    expect(await answerers(undefined, at(11), 20)).toEqual(new Set([first]));
    const [left] = [a, b, c].filter((place) => place.name === first);
    const others = [a, b, c].filter((place) => place !== left);
    cluster.endpoints("sticky", others);
    await cluster.inForce("sticky", others);
    const next = await answerers(undefined, at(11), 10);
    expect(next.size).toBe(1);
    expect(next).not.toEqual(new Set([first]));
  });

  it("tells of a Pod once traffic reaches it, and of its leaving once none does", async () => {
    cluster.service("told", vip(12), [{ port: web }]);
    cluster.endpoints("told", [a]);
    await cluster.inForce("told", [a]);
    const heard: string[][] = [];
    using listener = cluster.proxy.onChange((uids) => heard.push([...uids].sort()));
    cluster.endpoints("told", [b]);
    await eventually("the change was told", () => heard.length > 0);
    listener[Symbol.dispose]();
    expect(heard).toEqual([["a", "b"]]);
    expect(await answerers(undefined, at(12), 20)).toEqual(new Set(["b"]));
  });

  it("lets an address and port pass from one Service to another in one step", async () => {
    cluster.service("old", vip(13), [{ port: web, nodePort: 31_200 + octet }], { type: "NodePort" });
    cluster.endpoints("old", [a]);
    await cluster.inForce("old", [a]);
    cluster.feed.remove(services, "old");
    cluster.service("new", vip(13), [{ port: web, nodePort: 31_200 + octet }], { type: "NodePort" });
    cluster.endpoints("new", [b]);
    await cluster.inForce("new", [b]);
    expect(await answerers(undefined, at(13), 10)).toEqual(new Set(["b"]));
    expect(await answerers(undefined, `127.0.0.1:${31_200 + octet}`, 10)).toEqual(new Set(["b"]));
  });

  it("lets open connections finish when their endpoint leaves, and passes a half-close on", async () => {
    cluster.service("long", vip(14), [{ port: 7 }]);
    cluster.endpoints("long", [a], 7);
    await cluster.inForce("long", [a]);
    const socket = createConnection({ host: vip(14), port: 7, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.write("x".repeat(1000));
    cluster.endpoints("long", [b], 7);
    await cluster.inForce("long", [b]);
    let answer = "";
    socket.on("data", (data) => (answer += data.toString()));
    socket.end("x".repeat(100_000));
    await eventually("the answer came", () => answer !== "");
    expect(answer).toBe("a heard 101000");
  });

  it("has nothing for headless and ExternalName Services", async () => {
    cluster.feed.put(services, {
      metadata: { name: "headless" },
      spec: { clusterIP: "None", clusterIPs: ["None"], ports: [{ port: web }] },
    });
    cluster.endpoints("headless", [a]);
    cluster.feed.put(services, {
      metadata: { name: "alias" },
      spec: { type: "ExternalName", externalName: "example.com" },
    });
    cluster.service("marker", vip(15), [{ port: web }]);
    cluster.endpoints("marker", [a]);
    await cluster.inForce("marker", [a]);
    expect(cluster.proxy.podsInForce("default", "headless")).toBeUndefined();
    expect(cluster.proxy.podsInForce("default", "alias")).toBeUndefined();
  });

  it("serves the present state after a restart, whatever changed meanwhile", async () => {
    cluster.service("restart", vip(16), [{ port: web }]);
    cluster.endpoints("restart", [a]);
    await cluster.inForce("restart", [a]);
    await cluster.proxy.stop();
    expect((await call(undefined, at(16))).code).toBe(mode === "nftables" ? 0 : refused);
    cluster.endpoints("restart", [b]);
    await cluster.startAgain();
    expect(cluster.proxy.podsInForce("default", "restart")).toEqual(new Set(["b"]));
    expect(await answerers(undefined, at(16), 10)).toEqual(new Set(["b"]));
  });

  it("lives beside another instance", async () => {
    const others = settingsOf(`${name}-2`, octet + 10, mode);
    await using otherLab = new NetworkLab(others);
    const d = await otherLab.pod("d");
    await using other = await ProxyCluster.start(others);
    other.service("web", `10.${octet + 10}.129.1`, [{ port: web }]);
    other.endpoints("web", [d]);
    await other.inForce("web", [d]);
    expect((await call(undefined, `10.${octet + 10}.129.1:${web}`)).body).toBe("d");
    expect((await call(a, `10.${octet + 10}.129.1:${web}`)).body).toBe("d");
    await other[Symbol.asyncDispose]();
    expect(await answerers(undefined, at(1))).toEqual(new Set(["a", "b"]));
    const left = (
      await Promise.all([
        inside(undefined, "nft", "list", "tables"),
        inside(undefined, "ip", "route", "show", "table", "all"),
        inside(undefined, "iptables", "-S", "DOCKER-USER"),
      ])
    )
      .map(({ stdout }) => stdout)
      .join("");
    expect(left).not.toContain(`table ip ${tableName(others)}\n`);
    expect(left).not.toContain(others.serviceCidr);
    expect(left).not.toContain(`-o ${bridgeName(others)} `);
  });
});

describe("schedulers of userspace mode", () => {
  const settings = settingsOf("conf-s", 222, "userspace");
  const [ip, port] = ["10.222.129.1", 8_222];
  let lab: NetworkLab;
  let places: [a: Place, b: Place, c: Place];

  beforeAll(async () => {
    lab = new NetworkLab(settings);
    places = await Promise.all([lab.pod("a"), lab.pod("b"), lab.pod("c")]);
    // Targets are taken in the order of their addresses, which are given out in any.
    places.sort((one, other) => one.ip.localeCompare(other.ip, "en", { numeric: true }));
  });

  afterAll(() => lab?.[Symbol.asyncDispose]());

  async function start(annotations: Record<string, string>, endpoints: readonly Place[]): Promise<ProxyCluster> {
    const cluster = await ProxyCluster.start(settings);
    cluster.scheduled("web", ip, port, annotations);
    cluster.endpoints("web", endpoints);
    await cluster.inForce("web", endpoints);
    return cluster;
  }

  /** Who answers so many calls, one after the other. */
  async function inTurn(calls: number): Promise<string[]> {
    const names: string[] = [];
    while (names.length < calls) names.push((await call(undefined, `${ip}:${port}`)).body);
    return names;
  }

  it.each(["rr", "one that nobody knows"])("%s: each in its turn", async (name) => {
    await using _cluster = await start({ "skiff.dev/scheduler": name }, places);
    const [a, b, c] = places.map((place) => place.name);
    expect(await inTurn(9)).toEqual([a, b, c, a, b, c, a, b, c]);
  });

  it("lc: the one with the fewest open connections", async () => {
    const [a, b] = places;
    await using cluster = await start({ "skiff.dev/scheduler": "lc" }, [a]);
    const hold = async (): Promise<string> => (await holdConnection(ip, port)).answeredBy;
    for (let open = 0; open < 3; open++) expect(await hold()).toBe(a.name);
    cluster.endpoints("web", [a, b]);
    await cluster.inForce("web", [a, b]);
    for (let open = 0; open < 3; open++) expect(await hold()).toBe(b.name);
    expect(new Set([await hold(), await hold()])).toEqual(new Set([a.name, b.name]));
  });

  it("wrr: each as often as its weight says", async () => {
    const [a, b, c] = places.map((place) => place.name);
    const weights = { "skiff.dev/scheduler": "wrr", "skiff.dev/scheduler-weights": `${a}=3,${c}=0` };
    await using _cluster = await start(weights, places);
    expect(await inTurn(8)).toEqual([a, a, b, a, a, a, b, a]);
  });

  it("sh: the same client to the same endpoint", async () => {
    await using _cluster = await start({ "skiff.dev/scheduler": "sh" }, places);
    const ask = async (client: string): Promise<string> => {
      await using connection = await holdConnection(ip, port, client);
      return connection.answeredBy;
    };
    const clients = Array.from({ length: 12 }, (_, index) => `127.0.7.${index + 1}`);
    const first = await Promise.all(clients.map(ask));
    expect(new Set(first)).toEqual(new Set(places.map((place) => place.name)));
    for (let round = 0; round < 3; round++) expect(await Promise.all(clients.map(ask))).toEqual(first);
    const fromPod = await answerers(places[0], `${ip}:${port}`, 6);
    expect(fromPod.size).toBe(1);
  });
});

describe("nftables mode", () => {
  const settings = settingsOf("conf-k", 221, "nftables");

  it("is found usable here", async () => {
    expect(await probeNftables()).toBeUndefined();
  });

  it("comes back when somebody removes the rules from the kernel", async () => {
    await using lab = new NetworkLab(settings);
    const a = await lab.pod("a");
    await using cluster = await ProxyCluster.start(settings);
    cluster.service("web", "10.221.129.1", [{ port: 80 }]);
    cluster.endpoints("web", [a]);
    await cluster.inForce("web", [a]);
    await inside(undefined, "nft", "delete", "table", "ip", tableName(settings));
    const answers = async (): Promise<boolean> => (await call(undefined, "10.221.129.1")).body === "a";
    expect(await answers()).toBe(false);
    await eventually("the Service answers again", answers, 60_000);
  });

  it("loses no connection while its rules are replaced and changed, and shows Pods their clients", async () => {
    await using lab = new NetworkLab(settings);
    const [a, b] = await Promise.all([lab.pod("a"), lab.pod("b")]);
    await using cluster = await ProxyCluster.start(settings);
    cluster.service("web", "10.221.129.1", [{ port: 80 }]);
    cluster.endpoints("web", [a]);
    await cluster.inForce("web", [a]);
    expect(await call(b, "10.221.129.1")).toEqual({ body: "a", client: b.ip, code: 0 });
    const codes: number[] = [];
    let done = false;
    const load = Promise.all(
      Array.from({ length: 2 }, async () => {
        while (!done) codes.push((await call(undefined, "10.221.129.1")).code);
      }),
    );
    for (let round = 0; round < 5; round++) {
      const places = round % 2 === 0 ? [b] : [a, b];
      cluster.endpoints("web", places);
      await cluster.inForce("web", places);
      await cluster.proxy.stop();
      await cluster.startAgain();
    }
    done = true;
    await load;
    expect(codes.length).toBeGreaterThan(5);
    expect(new Set(codes)).toEqual(new Set([0]));
  });

  it("shows endpoints their clients and leaves out remote ones under Local policies", async () => {
    await using lab = new NetworkLab(settings);
    const [a, b] = await Promise.all([lab.pod("a"), lab.pod("b")]);
    await using cluster = await ProxyCluster.start(settings);
    const far = await lab.otherHost("local");
    const here = { ...endpointOf(a), nodeName: settings.nodeName };
    const policies = { type: "NodePort", externalTrafficPolicy: "Local", internalTrafficPolicy: "Local" };
    cluster.service("local", "10.221.129.4", [{ port: 80, nodePort: 31_221 }], policies);
    cluster.endpoints("local", [here, endpointOf(b)]);
    await cluster.inForce("local", [a, b]);
    expect(await call(far, `${far.gateway}:31221`)).toEqual({ body: "a", client: far.ip, code: 0 });
    expect(await answerers(far, `${far.gateway}:31221`)).toEqual(new Set(["a"]));
    expect(await answerers(b, "10.221.129.4")).toEqual(new Set(["a"]));
    expect((await call(undefined, "127.0.0.1:31221")).body).toBe("a");
    cluster.endpoints("local", [endpointOf(b)]);
    await eventually("nobody answers, and nobody refuses", async () => (await call(far, "10.221.129.4")).code !== 0);
    expect((await call(far, `${far.gateway}:31221`)).code).toBe(outOfTime);
    cluster.service("local", "10.221.129.4", [{ port: 80, nodePort: 31_221 }], { type: "NodePort" });
    await eventually("everybody answers", async () => (await call(far, `${far.gateway}:31221`)).body === "b");
  });

  it("carries SCTP associations, whatever sockets this kernel has", async () => {
    await using lab = new NetworkLab(settings);
    const [a, b, c] = await Promise.all([lab.pod("a"), lab.pod("b"), lab.pod("c")]);
    const far = await lab.otherHost("farther");
    await using cluster = await ProxyCluster.start(settings);
    using sctp = new SctpLab();
    await Promise.all([a, b].map((place) => sctp.serve(place, 13_868)));
    const [ip, port, nodePort] = ["10.221.129.6", 3_868, 31_223];
    const ports = [{ name: "assoc", port, protocol: "SCTP", nodePort }];
    cluster.service("sctp", ip, ports, { type: "NodePort" });
    cluster.endpoints("sctp", [a, b], 13_868, { portName: "assoc", protocol: "SCTP" });
    await cluster.inForce("sctp", [a, b]);
    // More than a packet's worth; the Pod sees who it is.
    expect(await sctp.call(c, ip, port, 4_000)).toMatchObject({ heard: 4_000, client: c.ip, from: ip });
    expect(await sctp.call(far, far.gateway, nodePort)).toMatchObject({ from: far.gateway });
    const names = new Set<string>();
    await eventually(
      "both answer",
      async () => names.add((await sctp.call(undefined, ip, port)).answeredBy).size === 2,
    );

    const sticky = "10.221.129.7";
    cluster.service("sticky", sticky, [{ port, protocol: "SCTP" }], { sessionAffinity: "ClientIP" });
    cluster.endpoints("sticky", [a, b], 13_868, { protocol: "SCTP" });
    await cluster.inForce("sticky", [a, b]);
    const answers = new Set<string>();
    for (let time = 0; time < 7; time++) answers.add((await sctp.call(undefined, sticky, port)).answeredBy);
    expect(answers.size).toBe(1);
  });

  it("lets only the ranges in that a load balancer is for", async () => {
    await using lab = new NetworkLab(settings);
    const a = await lab.pod("a");
    await using cluster = await ProxyCluster.start(settings);
    const [friend, stranger] = [await lab.otherHost("friend"), await lab.otherHost("stranger", "203.0.113")];
    // Some within others, and one that is for another family: none may keep the rest from the kernel.
    const own = [`${friend.ip}/32`, `${friend.ip}/31`, " 10.1.2.3/8 ", "10.1.0.0/16", "2001:db8::/32"];
    const ranges = { type: "LoadBalancer", loadBalancerSourceRanges: own };
    cluster.service("picky", "10.221.129.5", [{ port: 8_221 }], ranges, [friend.gateway]);
    cluster.endpoints("picky", [a]);
    await cluster.inForce("picky", [a]);
    expect((await call(friend, `${friend.gateway}:8221`)).body).toBe("a");
    expect((await call(stranger, `${friend.gateway}:8221`)).code).toBe(outOfTime);
  });

  it("remembers clients for as long as the Service says, through new tables and restarts", async () => {
    await using lab = new NetworkLab(settings);
    const places = await Promise.all([lab.pod("a"), lab.pod("b"), lab.pod("c")]);
    await using cluster = await ProxyCluster.start(settings);
    const sticky = (timeoutSeconds: number) => ({
      type: "NodePort",
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds } },
    });
    const clients = async (address: string): Promise<string[]> => {
      const { stdout } = await inside(undefined, "nft", "list", "table", "ip", tableName(settings));
      return stdout.split("\n").filter((line) => line.includes(`. ${address} .`) && line.includes("expires"));
    };
    cluster.service("long", "10.221.129.2", [{ port: 80, nodePort: 31_222 }], sticky(3_600));
    cluster.endpoints("long", places);
    await cluster.inForce("long", places);
    const { body } = await call(undefined, "10.221.129.2");
    const { body: byNode } = await call(undefined, "127.0.0.1:31222");
    // A time that the table has no chain for yet: all of it is replaced.
    cluster.service("short", "10.221.129.3", [{ port: 80, nodePort: 31_223 }], sticky(1));
    cluster.endpoints("short", places);
    await cluster.inForce("short", places);
    expect(await answerers(undefined, "10.221.129.2", 10)).toEqual(new Set([body]));
    await cluster.proxy.stop();
    await cluster.startAgain();
    expect(await answerers(undefined, "10.221.129.2", 10)).toEqual(new Set([body]));
    expect(await answerers(undefined, "127.0.0.1:31222", 10)).toEqual(new Set([byNode]));
    await call(undefined, "10.221.129.3");
    await eventually("the client is forgotten", async () => (await clients("10.221.129.3")).length === 0);
    expect(await clients("10.221.129.2")).not.toEqual([]);
  });

  it("puts its rules back when somebody removed them", async () => {
    await using lab = new NetworkLab(settings);
    const [a, b] = await Promise.all([lab.pod("a"), lab.pod("b")]);
    await using cluster = await ProxyCluster.start(settings);
    cluster.service("web", "10.221.129.1", [{ port: 80 }]);
    cluster.endpoints("web", [a]);
    await cluster.inForce("web", [a]);
    await inside(undefined, "nft", "delete", "table", "ip", tableName(settings));
    cluster.endpoints("web", [a, b]);
    await cluster.inForce("web", [a, b]);
    expect(await answerers(undefined, "10.221.129.1")).toEqual(new Set(["a", "b"]));
  });
});

describe("userspace mode", () => {
  it("tries the next endpoint when one refuses", async () => {
    const settings = settingsOf("conf-r", 223, "userspace");
    await using lab = new NetworkLab(settings);
    const a = await lab.pod("a");
    const idle = lab.container("idle", `skiff-${settings.name}`);
    await using cluster = await ProxyCluster.start(settings);
    cluster.service("web", "10.223.129.1", [{ port: web }]);
    cluster.endpoints("web", [a, idle]);
    await cluster.inForce("web", [a, idle]);
    expect(await answerers(undefined, `10.223.129.1:${web}`, 10)).toEqual(new Set(["a"]));
  });
});
