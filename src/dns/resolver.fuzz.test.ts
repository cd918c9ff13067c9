/** Whatever comes in, nothing breaks: packets and answers of others with bytes changed, cut off and made up. */
import { encode, type Packet } from "dns-packet";
import { expect, it } from "vitest";
import { ObjectFeed } from "../../test/support/object-feed.ts";
import { endpointSlices, namespaces, services } from "../machinery/resource.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import { recordsIn } from "./follow-alias.ts";
import { fitForwarded, withoutOpt } from "./forwarded-answer.ts";
import type { Forwarder } from "./forwarder.ts";
import { lifetimeOf } from "./lifetime.ts";
import { rcodes } from "./message.ts";
import { parseQuery } from "./query.ts";
import { Resolver } from "./resolver.ts";

const settings = {
  clusterDomain: "cluster.local",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
} as ClusterSettings;

/** A sequence of numbers that is the same each time (Park and Miller): a failure can be had again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function damaged(message: Buffer, random: (below: number) => number): Buffer {
  const copy = Buffer.from(message);
  for (let changes = random(4); changes >= 0; changes--) copy[random(copy.length)] = random(256);
  if (random(3) === 0) return copy.subarray(0, random(copy.length + 1));
  return random(3) === 0 ? Buffer.concat([copy, copy.subarray(random(copy.length))]) : copy;
}

const opt = {
  type: "OPT" as const,
  name: ".",
  udpPayloadSize: 1232,
  flags: 0,
  extendedRcode: 0,
  ednsVersion: 0,
  flag_do: false,
  options: [],
};
const questions: Packet["questions"][] = [
  [{ type: "A", name: "web.default.svc.cluster.local" }],
  [{ type: "SRV", name: "_http._tcp.db.default.svc.cluster.local" }],
  [{ type: "PTR", name: "10.0.96.10.in-addr.arpa" }],
  [{ type: "A", name: "www.example" }],
];

it("answers damaged questions with a message of the same id, or not at all", async () => {
  const feed = new ObjectFeed();
  feed.put(namespaces, { metadata: { name: "default" } });
  feed.put(services, { metadata: { name: "web" }, spec: { clusterIP: "10.96.0.20", clusterIPs: ["10.96.0.20"] } });
  feed.put(services, { metadata: { name: "db" }, spec: { clusterIP: "None" } });
  feed.put(endpointSlices, {
    metadata: { name: "db-1", labels: { "kubernetes.io/service-name": "db" } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 80 }],
    endpoints: [{ addresses: ["10.244.0.5"] }],
  });
  const nobody = { ask: async () => rcodes.SERVFAIL } as unknown as Forwarder;
  using resolver = new Resolver(feed, settings, nobody);
  const random = randomFrom(20_261_121);
  let answered = 0;
  for (let n = 0; n < 40_000; n++) {
    const asked = { questions: questions[random(4)], ...(random(2) && { additionals: [opt] }) } as Packet;
    const packet = damaged(encode({ type: "query", id: n & 0xffff, flags: 256, ...asked }), random);
    const answer = await resolver.resolve(packet, random(2) ? "udp" : "tcp");
    if (!answer) continue;
    answered++;
    expect(answer.length).toBeGreaterThanOrEqual(12);
    expect(answer.readUInt16BE(0)).toBe(packet.readUInt16BE(0));
    expect((answer[2] ?? 0) & 0x80).toBe(0x80);
  }
  expect(answered).toBeGreaterThan(20_000);
});

it("reads damaged answers of others to their end, or not at all", () => {
  const random = randomFrom(7);
  const packet = encode({ type: "query", id: 1, questions: questions[3] ?? [] });
  const query = parseQuery(packet);
  if (!query) throw new Error("not a query");
  const answer = encode({
    type: "response",
    id: 1,
    questions: questions[3] ?? [],
    answers: [
      { type: "CNAME", name: "www.example", data: "x.example" },
      { type: "A", name: "x.example", data: "192.0.2.1" },
    ],
    additionals: [opt],
  });
  let read = 0;
  for (let n = 0; n < 40_000; n++) {
    const tail = damaged(answer.subarray(packet.length), random);
    const message = Buffer.concat([answer.subarray(0, packet.length), tail]);
    const whole = withoutOpt(message, query.questionEnd);
    if (!whole) continue;
    read++;
    lifetimeOf(whole, query.questionEnd);
    recordsIn(whole);
    expect(fitForwarded(whole, packet, query, 512).length).toBeLessThanOrEqual(512);
  }
  expect(read).toBeGreaterThan(5_000);
});
