import { expect, it } from "vitest";
import { Balancer } from "./balancer.ts";

const [a, b, c] = ["a", "b", "c"].map((ip) => ({ ip, port: 80 })) as [Target, Target, Target];
type Target = { ip: string; port: number };

function order(balancer: Balancer, client = "client", now = 0): string {
  return balancer
    .order({ remoteAddress: client }, now)
    .map((target) => target.ip)
    .join("");
}

it("takes turns, with the others to fall back on", () => {
  const balancer = new Balancer();
  balancer.set({ targets: [a, b, c] });
  expect([1, 2, 3, 4].map(() => order(balancer))).toEqual(["abc", "bca", "cab", "abc"]);
  balancer.set({ targets: [a] });
  expect(order(balancer)).toBe("a");
  balancer.set({ targets: [] });
  expect(order(balancer)).toBe("");
});

it("brings a client back to its target, until it has been idle too long or the target left", () => {
  const balancer = new Balancer();
  balancer.set({ targets: [a, b, c], affinitySeconds: 10 });
  balancer.connected({ remoteAddress: "client" }, b, 0);
  expect(order(balancer, "client", 10_000)).toBe("bac");
  expect(order(balancer, "client", 10_001)).not.toBe("bac");
  balancer.connected({ remoteAddress: "client" }, b, 20_000);
  balancer.set({ targets: [a, c], affinitySeconds: 10 });
  expect(balancer.order({ remoteAddress: "client" }, 20_000)).not.toContain(b);
  balancer.set({ targets: [a, b, c], affinitySeconds: 10 });
  expect(order(balancer, "client", 20_001)).toBe("bac");
});

it("forgets clients when affinity is turned off", () => {
  const balancer = new Balancer();
  balancer.set({ targets: [a, b], affinitySeconds: 10 });
  balancer.connected({ remoteAddress: "client" }, b, 0);
  balancer.set({ targets: [a, b] });
  expect(order(balancer)).toBe("ab");
  balancer.connected({ remoteAddress: "client" }, a, 0);
  expect(order(balancer)).toBe("ba");
});

it("has nothing for clients from elsewhere", () => {
  const balancer = new Balancer();
  balancer.set({ targets: [a], sources: ["10.0.0.0/8", "192.0.2.7/32"] });
  expect(["10.1.2.3", "192.0.2.7", "192.0.2.8"].map((client) => order(balancer, client))).toEqual(["a", "a", ""]);
});
