import { encode, type Packet } from "dns-packet";
import { expect, it } from "vitest";
import { lifetimeOf } from "./lifetime.ts";

const questions: Packet["questions"] = [{ type: "A", name: "www.example" }];
const questionEnd = encode({ type: "query", questions }).length;

const address = (ttl: number) => ({ type: "A" as const, name: "www.example", ttl, data: "192.0.2.1" });
const alias = { type: "CNAME" as const, name: "www.example", ttl: 90, data: "x.example" };
const soa = (ttl: number, minimum: number) => ({
  type: "SOA" as const,
  name: "example",
  ttl,
  data: { mname: "ns.example", rname: "x.example", serial: 1, refresh: 2, retry: 3, expire: 4, minimum },
});

it.each<[string, Packet, number | undefined]>([
  ["the shortest of an answer's", { answers: [alias, address(60)] }, 60],
  ["none where a TTL has its highest bit set", { answers: [address(2 ** 31)] }, 0],
  ["the zone's for a name that does not exist", { flags: 3, authorities: [soa(60, 20)] }, 20],
  ["not longer than the zone's own record", { flags: 3, authorities: [soa(10, 20)] }, 10],
  ["the zone's for a name without such records", { authorities: [soa(60, 20)] }, 20],
  ["the zone's for an alias to such a name", { answers: [alias], authorities: [soa(60, 20)] }, 20],
  ["none for a negative answer that names no zone", { flags: 3 }, undefined],
  ["none for an answer without records", {}, undefined],
  ["none for a failure", { flags: 2, answers: [address(60)] }, undefined],
  ["none for a part of an answer", { flags: 0x200, answers: [address(60)] }, undefined],
])("%s", (_name, packet, seconds) => {
  expect(lifetimeOf(encode({ type: "response", questions, ...packet }), questionEnd)?.seconds).toBe(seconds);
});

it("is none for what is cut short", () => {
  const message = encode({ type: "response", questions, answers: [address(60)] });
  expect(lifetimeOf(message.subarray(0, -1), questionEnd)).toBeUndefined();
});

it("says where the TTLs are", () => {
  const message = encode({ type: "response", questions, answers: [address(60), address(61)] });
  const places = lifetimeOf(message, questionEnd)?.ttlPlaces ?? [];
  expect(places.map((place) => message.readUInt32BE(place))).toEqual([60, 61]);
});
