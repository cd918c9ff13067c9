import { expect, it } from "vitest";
import type { Service, ServicePort } from "../../machinery/types.ts";
import { chooseAddress, chooseAddresses, type IsFree } from "./load-balancer-address.ts";

const node = "192.0.2.2";
const settings = { nodeAddress: node, proxyMode: "userspace" as const };
const free: IsFree = () => Promise.resolve(true);

function balanced(ports: ServicePort[], ip?: string, more: object = {}): Service {
  return {
    spec: { type: "LoadBalancer", ports, ...more },
    status: { loadBalancer: ip ? { ingress: [{ ip }] } : {} },
  };
}

const http: ServicePort[] = [{ port: 80, protocol: "TCP" }];

it.each<[string, Service, Service[], string[], string | undefined]>([
  ["the node's address", balanced(http), [], [], node],
  ["a loopback address where a program has the port", balanced(http), [], [`tcp ${node} 80`], "127.64.0.1"],
  [
    "one that is not another Service's either",
    balanced(http),
    [balanced(http, node), balanced(http, "127.64.0.1")],
    [],
    "127.64.0.2",
  ],
  ["the same for different ports", balanced(http), [balanced([{ port: 81, protocol: "TCP" }], node)], [], node],
  ["the same for another protocol", balanced(http), [balanced([{ port: 80, protocol: "UDP" }], node)], [], node],
  ["the one it has, whoever listens there: perhaps ourselves", balanced(http, node), [], [`tcp ${node} 80`], node],
  ["another when the node has moved", balanced(http, "192.0.2.9"), [], [], node],
  ["another when two have the same", balanced(http, node), [balanced(http, node)], [], "127.64.0.1"],
  ["the one it asks for", balanced(http, undefined, { loadBalancerIP: "192.0.2.7" }), [], [], "192.0.2.7"],
  ["the one it asks for now", balanced(http, node, { loadBalancerIP: "192.0.2.7" }), [], [], "192.0.2.7"],
  [
    "none of an implementation that is not ours is in the way",
    balanced(http),
    [balanced(http, node, { loadBalancerClass: "example.com/other" })],
    [],
    node,
  ],
])("%s", async (_, service, others, busy, expected) => {
  const isFree: IsFree = (protocol, address, port) => Promise.resolve(!busy.includes(`${protocol} ${address} ${port}`));
  expect(await chooseAddress(service, others, settings, isFree)).toBe(expected);
});

it("is the same however often it is asked", async () => {
  const service = balanced(http);
  const first = await chooseAddress(service, [], settings, free);
  expect(await chooseAddress(balanced(http, first), [], settings, free)).toBe(first);
});

it("shares a loopback address with programs that listen everywhere where the kernel takes what is ours", async () => {
  const busy: IsFree = () => Promise.resolve(false);
  expect(await chooseAddress(balanced(http), [], { ...settings, proxyMode: "nftables" }, busy)).toBe("127.64.0.1");
  expect(await chooseAddress(balanced(http), [], settings, busy)).toBeUndefined();
});

it.each<[what: string, families: string[], busy: string[], ip: string | undefined, expected: string[]]>([
  ["the node's of each family", ["IPv4", "IPv6"], [], undefined, [node, "2001:db8::2"]],
  ["in the Service's order", ["IPv6", "IPv4"], [], undefined, ["2001:db8::2", node]],
  ["one it asks for, in its family", ["IPv4", "IPv6"], [], "2001:db8::7", [node, "2001:db8::7"]],
  ["none of a family whose port is taken", ["IPv4", "IPv6"], ["tcp 2001:db8::2 80"], undefined, [node]],
  ["IPv6 alone", ["IPv6"], [], undefined, ["2001:db8::2"]],
  ["nothing at all", ["IPv6"], ["tcp 2001:db8::2 80"], undefined, []],
])("by family: %s", async (_what, ipFamilies, busy, loadBalancerIP, expected) => {
  const isFree: IsFree = (protocol, address, port) => Promise.resolve(!busy.includes(`${protocol} ${address} ${port}`));
  const ipv6 = { podCidr: "fd00:10:244::/64", serviceCidr: "fd00:10:96::/112", nodeAddress: "2001:db8::2" };
  const service = balanced(http, undefined, { ipFamilies, ...(loadBalancerIP && { loadBalancerIP }) });
  expect(await chooseAddresses(service, [], { ...settings, ipv6 }, isFree)).toEqual(expected);
});
