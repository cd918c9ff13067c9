import { encode, type Packet } from "dns-packet";
import { describe, expect, it } from "vitest";
import { parseQuery, plainPacket, type Query, udpLimit } from "./query.ts";

function query(name: string, type: "A" | "SRV" = "A", more: Packet = {}): Buffer {
  return encode({ type: "query", id: 4711, flags: 256, questions: [{ type, name }], ...more });
}

type Opt = Extract<NonNullable<Packet["additionals"]>[number], { type: "OPT" }>;

function opt(more: Partial<Opt> = {}): Opt {
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize: 4096,
    flags: 0,
    extendedRcode: 0,
    ednsVersion: 0,
    flag_do: false,
    options: [],
    ...more,
  };
}

const cookie = { code: 10, data: Buffer.from("0011223344556677", "hex") } as unknown as Opt["options"][number];
const address = { type: "A" as const, name: "x", data: "192.0.2.1" };

function parsed(packet: Buffer): Query {
  const result = parseQuery(packet);
  if (!result) throw new Error("not a query");
  return result;
}

describe("parseQuery", () => {
  it("reads the question", () => {
    expect(parsed(query("Web.SHOP.svc.cluster.local"))).toEqual({
      opcode: 0,
      name: "web.shop.svc.cluster.local",
      type: 1,
      class: 1,
      questionEnd: 44,
      more: false,
    });
    expect(parsed(query("a.b", "SRV", { additionals: [opt()] }))).toMatchObject({
      type: 33,
      edns: { version: 0, udpSize: 4096, dnssecOk: false },
      more: false,
    });
    expect(parsed(query("."))).toMatchObject({ name: "" });
  });

  it.each<[string, Buffer]>([
    ["too short for a header", Buffer.alloc(11)],
    ["an answer", encode({ type: "response", id: 1, questions: [{ type: "A", name: "a" }] })],
    ["no question", encode({ type: "query", id: 1 })],
    [
      "two questions",
      encode({
        type: "query",
        id: 1,
        questions: [
          { type: "A", name: "a" },
          { type: "A", name: "b" },
        ],
      }),
    ],
    ["a question cut short", query("web.shop").subarray(0, 18)],
    ["a compressed question", Buffer.concat([query("a").subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])])],
    ["two OPT records", query("a", "A", { additionals: [opt(), opt()] })],
    ["an OPT record that is not the root's", ownedBy("a", query("a", "A", { additionals: [opt()] }))],
    ["an OPT record cut short", query("a", "A", { additionals: [opt()] }).subarray(0, -1)],
    ["records announced and not there", counted(query("a"), 10, 1)],
    ["a name of 256 bytes", query([63, 63, 63, 62].map((length) => "a".repeat(length)).join("."))],
    ["an endless name", Buffer.concat([query("a").subarray(0, 12), Buffer.alloc(600, 1)])],
  ])("refuses %s", (_name, packet) => {
    expect(parseQuery(packet)).toBeUndefined();
  });
});

/** The last record, an OPT record, with another owner than the root. */
function ownedBy(owner: string, packet: Buffer): Buffer {
  const record = packet.subarray(-11);
  return Buffer.concat([packet.subarray(0, -11), Buffer.from(`\u0001${owner}`), record]);
}

function counted(packet: Buffer, at: number, count: number): Buffer {
  packet.writeUInt16BE(count, at);
  return packet;
}

it("takes a name of 255 bytes", () => {
  const name = [63, 63, 63, 61].map((length) => "a".repeat(length)).join(".");
  expect(parsed(query(name)).name).toBe(name);
});

it("finds the OPT record wherever it is", () => {
  const packet = query("a.b", "A", { additionals: [address, opt({ flag_do: true, flags: 0x8000, ednsVersion: 1 })] });
  expect(parsed(packet)).toMatchObject({ edns: { version: 1, udpSize: 4096, dnssecOk: true }, more: true });
});

it.each<[string, Packet, number]>([
  ["a client without EDNS", {}, 512],
  ["a client that takes little", { additionals: [opt({ udpPayloadSize: 900 })] }, 900],
  ["a client that takes less than DNS allows", { additionals: [opt({ udpPayloadSize: 100 })] }, 512],
  ["a client that takes much", { additionals: [opt({ udpPayloadSize: 65_535 })] }, 1_232],
])("limits UDP answers for %s", (_name, more, limit) => {
  expect(udpLimit(parsed(query("a", "A", more)))).toBe(limit);
});

it.each<[string, Packet, Packet]>([
  ["a cookie", { additionals: [opt({ options: [cookie] })] }, { additionals: [opt()] }],
  ["what is not asked", { answers: [address], additionals: [address] }, {}],
])("leaves out %s", (_name, more, plain) => {
  const packet = query("A.b", "A", more);
  expect(parsed(packet).more).toBe(true);
  expect(plainPacket(packet, parsed(packet))).toEqual(query("A.b", "A", plain));
});

it("leaves out what comes after the message", () => {
  const packet = Buffer.concat([query("a"), Buffer.from("x")]);
  expect(plainPacket(packet, parsed(packet))).toEqual(query("a"));
});
