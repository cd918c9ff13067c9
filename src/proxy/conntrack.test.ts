import { expect, it } from "vitest";
import type { PortRules } from "./compile.ts";
import { staleFlows } from "./conntrack.ts";

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

it("leaves TCP alone: its connections end by themselves", () => {
  const tcp = dns("10.244.0.5").ports.map((port): PortRules => ({ ...port, protocol: "tcp" }));
  expect(staleFlows([{ before: { ports: tcp } }, { after: dns("10.244.0.5") }])).toEqual([]);
});
