import { expect, it } from "vitest";
import type { PortRules } from "./compile.ts";
import { staleFlows, strayFlows } from "./conntrack.ts";

function dns(...ips: string[]): { ports: PortRules[] } {
  const targets = ips.map((ip) => ({ ip, port: 53 }));
  return { ports: [{ name: "", protocol: "udp", addresses: ["10.96.7.10"], port: 53, nodePort: 30_053, targets }] };
}

it("forgets the flows to targets that left, by address and by NodePort", () => {
  expect(staleFlows([{ before: dns("10.244.0.5", "10.244.0.6"), after: dns("10.244.0.6", "10.244.0.7") }])).toEqual([
    ["-D", "-p", "udp", "--orig-dst", "10.96.7.10", "--orig-port-dst", "53", "--dst-nat", "10.244.0.5"],
    ["-D", "-p", "udp", "--orig-port-dst", "30053", "--dst-nat", "10.244.0.5"],
  ]);
});

it("forgets all flows of a Service that is gone", () => {
  expect(staleFlows([{ before: dns("10.244.0.5") }])).toHaveLength(2);
});

it("forgets those who knocked at a NodePort before it had a target", () => {
  const expected = [["-D", "-p", "udp", "--orig-port-dst", "30053"]];
  expect(staleFlows([{ after: dns("10.244.0.5") }])).toEqual(expected);
  expect(staleFlows([{ before: dns(), after: dns("10.244.0.5") }])).toEqual(expected);
  expect(staleFlows([{ after: dns() }])).toEqual([]);
});

it("leaves TCP alone: its connections end by themselves", () => {
  const tcp = { ports: dns("10.244.0.5").ports.map((port): PortRules => ({ ...port, protocol: "tcp" })) };
  expect(staleFlows([{ before: tcp }, { after: tcp }])).toEqual([]);
});

it("finds the flows that lead to no target, in what conntrack prints", () => {
  const flow = (address: string, port: number, from: string): string =>
    `udp      17 25 src=10.244.0.9 dst=${address} sport=5000 dport=${port} src=${from} dst=10.244.0.9 sport=53 dport=5000 [ASSURED] mark=0 use=1`;
  const listing = [
    flow("10.96.7.10", 53, "10.244.0.5"),
    flow("10.96.7.10", 53, "10.244.0.4"),
    flow("192.0.2.2", 30_053, "192.0.2.2"),
    flow("192.0.2.2", 30_053, "10.244.0.5"),
    flow("192.0.2.53", 53, "192.0.2.53"),
    "",
  ].join("\n");
  const stray = strayFlows(listing, new Map([["default/dns", dns("10.244.0.5")]]));
  const common = ["-D", "-p", "udp", "-s", "10.244.0.9"];
  expect(stray).toEqual([
    [...common, "-d", "10.96.7.10", "--sport", "5000", "--dport", "53"],
    [...common, "-d", "192.0.2.2", "--sport", "5000", "--dport", "30053"],
  ]);
});

it("looks for IPv6 flows among those of IPv6", () => {
  const ipv6 = (...ips: string[]): { ports: PortRules[] } => ({
    ports: dns(...ips).ports.map((port): PortRules => ({ ...port, ipv6: true, addresses: ["fd00:10:96::a"] })),
  });
  const common = ["-D", "-p", "udp", "-f", "ipv6"];
  expect(staleFlows([{ before: ipv6("fd00:10:244::5"), after: ipv6("fd00:10:244::6") }])).toEqual([
    [...common, "--orig-dst", "fd00:10:96::a", "--orig-port-dst", "53", "--dst-nat", "fd00:10:244::5"],
    [...common, "--orig-port-dst", "30053", "--dst-nat", "fd00:10:244::5"],
  ]);
  // The same NodePort was open for IPv4 alone.
  const both = { ports: [...dns("10.244.0.5").ports, ...ipv6("fd00:10:244::5").ports] };
  expect(staleFlows([{ before: dns("10.244.0.5"), after: both }])).toEqual([[...common, "--orig-port-dst", "30053"]]);
  const knocking =
    "udp 17 25 src=fd00::9 dst=fd00::2 sport=5000 dport=30053 src=fd00::2 dst=fd00::9 sport=30053 dport=5000";
  expect(strayFlows(knocking, new Map([["default/dns", both]]))).toEqual([
    [...common, "-s", "fd00::9", "-d", "fd00::2", "--sport", "5000", "--dport", "30053"],
  ]);
  expect(strayFlows(knocking, new Map([["default/dns", dns("10.244.0.5")]]))).toEqual([]);
});
