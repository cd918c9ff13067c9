/** What Services promise in a dual-stack cluster, asked of both proxy modes with real IPv6 traffic between real network namespaces. */
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPort } from "../../src/machinery/ipv6.ts";
import { tableName } from "../../src/machinery/network-names.ts";
import { services } from "../../src/machinery/resource.ts";
import type { ClusterSettings, ProxyMode } from "../../src/machinery/settings.ts";
import { probeNftables } from "../../src/proxy/index.ts";
import {
  answerers,
  call,
  eventually,
  inside,
  NetworkLab,
  outOfTime,
  type Place,
  refused,
} from "../support/network-lab.ts";
import { ProxyCluster, settingsOf, udpClient } from "../support/proxy-cluster.ts";

/** Not 80: an instance of Skiff on this machine may have that, at every address. */
const web = 8_281;

function dualStack(name: string, octet: number, mode: ProxyMode): ClusterSettings {
  const ipv6 = { podCidr: `fd50:${octet}:244::/64`, serviceCidr: `fd50:${octet}:96::/112` };
  return { ...settingsOf(name, octet, mode), ipv6 };
}

const modes: { mode: ProxyMode; name: string; octet: number }[] = [
  { mode: "nftables", name: "conf6-n", octet: 207 },
  { mode: "userspace", name: "conf6-u", octet: 208 },
];

describe.each(modes)("Services by IPv6 in $mode mode", ({ mode, name, octet }) => {
  const settings = dualStack(name, octet, mode);
  const ipv4 = (n: number): string => `10.${octet}.129.${n}`;
  const ipv6 = (n: number): string => `fd50:${octet}:96::${n}`;
  const both = (n: number): string[] => [ipv4(n), ipv6(n)];
  const at = hostPort;
  let lab: NetworkLab;
  let cluster: ProxyCluster;
  let a: Place;
  let b: Place;
  let c: Place;

  beforeAll(async () => {
    lab = new NetworkLab(settings);
    [a, b, c] = await Promise.all([lab.pod("a"), lab.pod("b"), lab.pod("c")]);
    cluster = await ProxyCluster.start(settings);
  });

  afterAll(async () => {
    // Either is missing when the set-up failed.
    await cluster?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  it("answers at both cluster IPs with the endpoints of each family, from the host and from Pods", async () => {
    cluster.families("web", both(1), [{ port: web }]);
    cluster.endpoints("web", [a, b]);
    cluster.ipv6Endpoints("web", [b, c]);
    await cluster.inForce("web", [a, b, c]);
    for (const from of [undefined, c]) {
      expect(await answerers(from, at(ipv4(1), web))).toEqual(new Set(["a", "b"]));
      expect(await answerers(from, at(ipv6(1), web))).toEqual(new Set(["b", "c"]));
    }
  });

  it("lets a Pod reach itself", async () => {
    cluster.families("self", [ipv6(2)], [{ port: web }]);
    cluster.ipv6Endpoints("self", [a]);
    await cluster.inForce("self", [a]);
    expect((await call(a, at(ipv6(2), web))).body).toBe("a");
  });

  it("refuses at once where there is no endpoint, no such port, or no Service any more", async () => {
    cluster.families("empty", both(3), [{ port: web }]);
    cluster.families("gone", [ipv6(4)], [{ port: web }]);
    cluster.endpoints("empty", [a]);
    cluster.ipv6Endpoints("gone", [a]);
    await cluster.inForce("empty", [a]);
    await cluster.inForce("gone", [a]);
    expect((await call(undefined, at(ipv6(4), web))).body).toBe("a");
    cluster.feed.remove(services, "gone");
    await eventually("gone is forgotten", () => cluster.proxy.podsInForce("default", "gone") === undefined);
    for (const from of [undefined, c]) {
      for (const address of [at(ipv6(3), web), at(ipv6(4), web), at(ipv6(1), 8181)]) {
        const codes = await Promise.all(Array.from({ length: 12 }, async () => (await call(from, address)).code));
        expect(new Set(codes)).toEqual(new Set([refused]));
      }
    }
  });

  it("opens NodePorts on the host's IPv6 addresses, for the host, Pods and other hosts", async () => {
    const port = 31_000 + octet;
    cluster.families("node", both(5), [{ port: web, nodePort: port }], { type: "NodePort" });
    cluster.endpoints("node", [a]);
    cluster.ipv6Endpoints("node", [a, b]);
    await cluster.inForce("node", [a, b]);
    const own = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter(({ family, scopeid, internal }) => family === "IPv6" && !scopeid && !internal),
    );
    expect(own.length).toBeGreaterThan(0);
    for (const { address } of own)
      expect([address, (await call(undefined, at(address, port))).code]).toEqual([address, 0]);
    // Who is refused at ::1 goes on to 127.0.0.1.
    expect((await call(undefined, at("::1", port))).code).toBe(mode === "nftables" ? refused : 0);
    expect((await call(undefined, `localhost:${port}`)).code).toBe(0);
    expect((await call(a, at(`fd50:${octet}:244::1`, port))).code).toBe(0);
    const far = await lab.otherHost("far", `198.51.${octet}`);
    expect(await answerers(far, at(far.ipv6Gateway ?? "", port))).toEqual(new Set(["a", "b"]));
    expect((await call(far, at(far.ipv6Gateway ?? "", port + 500))).code).toBe(refused);
  });

  it("answers at external addresses, those of load balancers from the ranges that may come only", async () => {
    const near = await lab.otherHost("near", `198.18.${octet}`);
    const far = await lab.otherHost("farther", `198.19.${octet}`);
    const port = 8_000 + octet;
    const ranges = { type: "LoadBalancer", loadBalancerSourceRanges: [`${near.ipv6}/128`, "10.0.0.0/8"] };
    cluster.families("balanced", both(6), [{ port }], ranges, [near.ipv6Gateway ?? ""]);
    cluster.ipv6Endpoints("balanced", [a, b]);
    await cluster.inForce("balanced", [a, b]);
    const address = at(near.ipv6Gateway ?? "", port);
    expect(await answerers(near, address)).toEqual(new Set(["a", "b"]));
    expect((await call(far, address)).code).not.toBe(0);
    cluster.families("balanced", both(6), [{ port }], { externalIPs: [near.ipv6Gateway, "192.0.2.77"] });
    await eventually("everybody may come", async () => (await call(far, address)).code === 0);
    expect((await call(undefined, address)).code).toBe(0);
    cluster.ipv6Endpoints("balanced", []);
    await cluster.inForce("balanced", []);
    expect((await call(far, address)).code).toBe(refused);
    expect((await call(undefined, address)).code).toBe(refused);
  });

  it("keeps a client with its endpoint under ClientIP affinity, until that leaves", async () => {
    const port = 31_100 + octet;
    const sticky = { type: "NodePort", sessionAffinity: "ClientIP" };
    cluster.families("sticky", both(7), [{ port: web, nodePort: port }], sticky);
    cluster.endpoints("sticky", [a, b, c]);
    cluster.ipv6Endpoints("sticky", [a, b, c]);
    await cluster.inForce("sticky", [a, b, c]);
    const host = `fd50:${octet}:244::1`;
    for (const address of [at(ipv6(7), web), at(host, port), at(ipv4(7), web)]) {
      const first = (await call(undefined, address)).body;
      expect(await answerers(undefined, address, 15)).toEqual(new Set([first]));
    }
    const first = (await call(undefined, at(ipv6(7), web))).body;
    const others = [a, b, c].filter((place) => place.name !== first);
    cluster.ipv6Endpoints("sticky", others);
    cluster.endpoints("sticky", others);
    await cluster.inForce("sticky", others);
    const next = await answerers(undefined, at(ipv6(7), web), 10);
    expect(next.size).toBe(1);
    expect(next).not.toEqual(new Set([first]));
  });

  it("carries UDP, and moves a client at once when its endpoint leaves", async () => {
    const port = 31_200 + octet;
    cluster.families("udp", both(8), [{ port: 53, protocol: "UDP", nodePort: port }], { type: "NodePort" });
    for (const [address, number] of [
      [ipv6(8), 53],
      [`fd50:${octet}:244::1`, port],
    ] as const) {
      cluster.ipv6Endpoints("udp", [a], 8080, "UDP");
      await cluster.inForce("udp", [a]);
      using client = await udpClient("udp6");
      expect(await client.ask(address, number)).toBe("a hello");
      cluster.ipv6Endpoints("udp", [b], 8080, "UDP");
      await cluster.inForce("udp", [b]);
      expect(await client.ask(address, number)).toBe("b hello");
    }
  });

  it("goes between one family and two in place, and one family's endpoints leave the other's alone", async () => {
    cluster.families("changing", [ipv4(9)], [{ port: web }]);
    cluster.endpoints("changing", [a]);
    await cluster.inForce("changing", [a]);
    expect((await call(undefined, at(ipv6(9), web))).code).toBe(refused);
    cluster.families("changing", both(9), [{ port: web }]);
    cluster.ipv6Endpoints("changing", [b]);
    await cluster.inForce("changing", [a, b]);
    expect((await call(undefined, at(ipv6(9), web))).body).toBe("b");
    cluster.endpoints("changing", []);
    await cluster.inForce("changing", [b]);
    expect((await call(undefined, at(ipv4(9), web))).code).toBe(refused);
    expect((await call(undefined, at(ipv6(9), web))).body).toBe("b");
    cluster.families("changing", [ipv4(9)], [{ port: web }]);
    await cluster.inForce("changing", []);
    expect((await call(undefined, at(ipv6(9), web))).code).toBe(refused);
  });

  it("serves the present state after a restart, and tells where a connection went", async () => {
    cluster.families("restart", [ipv6(10)], [{ port: web }, { name: "dns", port: 53, protocol: "UDP" }]);
    cluster.ipv6Endpoints("restart", [a]);
    await cluster.inForce("restart", [a]);
    await cluster.proxy.stop();
    expect((await call(undefined, at(ipv6(10), web))).code).toBe(mode === "nftables" ? 0 : refused);
    cluster.ipv6Endpoints("restart", [b]);
    await cluster.startAgain();
    expect(await answerers(undefined, at(ipv6(10), web), 10)).toEqual(new Set(["b"]));
  });

  it("leaves nothing of itself behind", async () => {
    const others = dualStack(`${name}-2`, octet + 2, mode);
    await using otherLab = new NetworkLab(others);
    const d = await otherLab.pod("d");
    const other = await ProxyCluster.start(others);
    const address = `fd50:${octet + 2}:96::1`;
    other.families("web", [address], [{ port: web }]);
    other.ipv6Endpoints("web", [d]);
    await other.inForce("web", [d]);
    expect((await call(undefined, at(address, web))).body).toBe("d");
    expect((await call(a, at(address, web))).body).toBe("d");
    await other[Symbol.asyncDispose]();
    const left = await Promise.all([
      inside(undefined, "nft", "list", "tables"),
      inside(undefined, "ip", "-6", "route", "show", "table", "all"),
    ]);
    const text = left.map(({ stdout }) => stdout).join("");
    expect(text).not.toContain(`table ip6 ${tableName(others)}\n`);
    expect(text).not.toContain(others.ipv6?.serviceCidr);
    expect(await answerers(undefined, at(ipv6(1), web))).toEqual(new Set(["b", "c"]));
  });
});

it("finds nftables usable for both families here", async () => {
  expect(await probeNftables(["ip", "ip6"])).toBeUndefined();
});

it("keeps the client's address, and answers clients on this node only, under Local policies", async () => {
  const settings = dualStack("conf6-l", 211, "nftables");
  await using lab = new NetworkLab(settings);
  const [a, b] = await Promise.all([lab.pod("a"), lab.pod("b")]);
  await using cluster = await ProxyCluster.start(settings);
  const address = hostPort("fd50:211:96::1", web);
  cluster.families("local", ["fd50:211:96::1"], [{ port: web, nodePort: 31_311 }], {
    type: "NodePort",
    externalTrafficPolicy: "Local",
  });
  const far = await lab.otherHost("far", "198.51.211");
  cluster.ipv6Endpoints("local", [a]);
  await cluster.inForce("local", [a]);
  // No endpoint is said to be on this node.
  expect((await call(far, `[${far.ipv6Gateway}]:31311`)).code).toBe(outOfTime);
  expect(await call(b, address)).toEqual({ body: "a", client: b.ipv6, code: 0 });
  const endpoint = { addresses: [a.ipv6 ?? ""], nodeName: "node", targetRef: { kind: "Pod", name: "a", uid: "a" } };
  cluster.ipv6Slice("local", [endpoint]);
  await eventually("it answers", async () => (await call(far, `[${far.ipv6Gateway}]:31311`)).code === 0);
  expect((await call(far, `[${far.ipv6Gateway}]:31311`)).client).toBe(far.ipv6);
  // A Pod's own connections to other networks come from the host, which alone has an address there.
  expect(await call(a, `[${far.ipv6}]:8080`)).toEqual({ body: "far", client: far.ipv6Gateway, code: 0 });
});
