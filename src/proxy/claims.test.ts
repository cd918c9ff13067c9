import { expect, it } from "vitest";
import { Claims } from "./claims.ts";
import type { ServiceRules } from "./compile.ts";

function rules(clusterIp: string, ports: number[], ...external: string[]): ServiceRules {
  const externalAddresses = external.map((ip) => ({ ip }));
  return {
    ports: ports.map((port) => ({
      name: `p${port}`,
      protocol: "tcp",
      addresses: [clusterIp],
      port,
      ...(external.length > 0 && { externalAddresses }),
      targets: [],
    })),
  };
}

/** `192.0.2.7:80` for each external address that is left. */
function left({ ports }: ServiceRules): string[] {
  return ports.flatMap(({ port, externalAddresses = [] }) => externalAddresses.map(({ ip }) => `${ip}:${port}`));
}

it("leaves rules that nobody else claims as they are", () => {
  const claims = new Claims();
  const mine = rules("10.96.0.1", [80], "192.0.2.7");
  expect(claims.set("d/a", mine, "1")).toEqual(new Set());
  expect(claims.owned("d/a", mine)).toBe(mine);
});

it("gives an address and port to the oldest Service, whoever comes first, and to the next when it goes", () => {
  const claims = new Claims();
  const [old, young] = [rules("10.96.0.1", [80], "192.0.2.7"), rules("10.96.0.2", [80, 81], "192.0.2.7", "192.0.2.8")];
  claims.set("d/young", young, "2");
  expect(left(claims.owned("d/young", young))).toHaveLength(4);
  expect(claims.set("d/old", old, "1")).toEqual(new Set(["d/young"]));
  expect(left(claims.owned("d/old", old))).toEqual(["192.0.2.7:80"]);
  expect(left(claims.owned("d/young", young))).toEqual(["192.0.2.8:80", "192.0.2.7:81", "192.0.2.8:81"]);
  expect(claims.set("d/old", undefined, "")).toEqual(new Set(["d/young"]));
  expect(claims.owned("d/young", young)).toBe(young);
});

it("decides between Services of the same moment by name", () => {
  const claims = new Claims();
  const [a, b] = [rules("10.96.0.1", [80], "192.0.2.7"), rules("10.96.0.2", [80], "192.0.2.7")];
  claims.set("d/b", b, "1");
  claims.set("d/a", a, "1");
  expect([left(claims.owned("d/a", a)), left(claims.owned("d/b", b))]).toEqual([["192.0.2.7:80"], []]);
});

it("lets nobody take a cluster IP, not even before its Service is there", () => {
  const claims = new Claims();
  const thief = rules("10.96.0.2", [6379], "10.96.0.9");
  claims.set("d/thief", thief, "1");
  expect(claims.set("d/redis", rules("10.96.0.9", [6379]), "2")).toEqual(new Set(["d/thief"]));
  expect(left(claims.owned("d/thief", thief))).toEqual([]);
  expect(claims.set("d/redis", undefined, "")).toEqual(new Set(["d/thief"]));
  expect(left(claims.owned("d/thief", thief))).toEqual(["10.96.0.9:6379"]);
});

it("knows a cluster IP's new Service before its old one has gone", () => {
  const claims = new Claims();
  const thief = rules("10.96.0.2", [80], "10.96.0.9");
  claims.set("d/old", rules("10.96.0.9", [80]), "1");
  claims.set("d/new", rules("10.96.0.9", [80]), "2");
  claims.set("d/old", undefined, "");
  claims.set("d/thief", thief, "3");
  expect(left(claims.owned("d/thief", thief))).toEqual([]);
});
