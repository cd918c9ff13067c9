import { expect, it } from "vitest";
import type { Service, ServicePort } from "../../machinery/types.ts";
import { chooseAddress, type IsFree } from "./load-balancer-address.ts";

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
