import { decode, encode, type Packet } from "dns-packet";
import { describe, expect, it } from "vitest";
import { ipv6Bytes } from "../machinery/ipv6.ts";
import { parseQuery, type Query, udpLimit } from "./query.ts";
import { encodeFailure, encodeReply, type Reply, type ResourceRecord } from "./wire.ts";

function query(name: string, type: "A" | "SRV" = "A", more: Packet = {}): Buffer {
  return encode({ type: "query", id: 4711, flags: 256, questions: [{ type, name }], ...more });
}

const edns: Packet = {
  additionals: [
    {
      type: "OPT",
      name: ".",
      udpPayloadSize: 4096,
      flags: 0,
      extendedRcode: 0,
      ednsVersion: 0,
      flag_do: false,
      options: [],
    },
  ],
};

function parsed(packet: Buffer): Query {
  const result = parseQuery(packet);
  if (!result) throw new Error("not a query");
  return result;
}

function reply(answers: ResourceRecord[], more: Partial<Reply> = {}): Reply {
  return { rcode: 0, answers, authority: [], additional: [], ...more };
}

function addresses(count: number): ResourceRecord[] {
  return Array.from({ length: count }, (_, n) => ({
    name: "web.shop.svc.cluster.local",
    ttl: 5,
    data: { type: "A" as const, address: `10.244.0.${n}` },
  }));
}

describe("encodeReply", () => {
  it("writes every kind of record as others read it", () => {
    const packet = query("web.shop.svc.cluster.local");
    const data: ResourceRecord["data"][] = [
      { type: "A", address: "10.96.7.10" },
      { type: "AAAA", address: "fd00::1:2" },
      { type: "CNAME", target: "www.example.com" },
      { type: "PTR", target: "x.svc.cluster.local" },
      { type: "SRV", priority: 1, weight: 50, port: 8080, target: "web-0.web.shop.svc.cluster.local" },
      { type: "TXT", text: "1.1.0" },
      { type: "NS", target: "ns.dns.cluster.local" },
    ];
    const soa: ResourceRecord = {
      name: "cluster.local",
      ttl: 5,
      data: {
        type: "SOA",
        primary: "ns.dns.cluster.local",
        mailbox: "hostmaster.cluster.local",
        serial: 7,
        minimum: 5,
      },
    };
    const answers = data.map((item) => ({ name: "web.shop.svc.cluster.local", ttl: 5, data: item }));
    const message = decode(
      encodeReply(packet, parsed(packet), reply(answers, { authority: [soa], additional: addresses(1) }), 65_535),
    );
    expect(message).toMatchObject({
      id: 4711,
      type: "response",
      rcode: "NOERROR",
      flag_aa: true,
      flag_ra: true,
      flag_rd: true,
      flag_tc: false,
    });
    expect(message.answers?.map((answer) => [answer.type, "data" in answer ? answer.data : undefined])).toEqual([
      ["A", "10.96.7.10"],
      ["AAAA", "fd00::1:2"],
      ["CNAME", "www.example.com"],
      ["PTR", "x.svc.cluster.local"],
      ["SRV", { priority: 1, weight: 50, port: 8080, target: "web-0.web.shop.svc.cluster.local" }],
      ["TXT", [Buffer.from("1.1.0")]],
      ["NS", "ns.dns.cluster.local"],
    ]);
    expect(new Set(message.answers?.map((answer) => answer.name))).toEqual(new Set(["web.shop.svc.cluster.local"]));
    expect(message.authorities?.[0]).toMatchObject({
      name: "cluster.local",
      data: {
        mname: "ns.dns.cluster.local",
        rname: "hostmaster.cluster.local",
        serial: 7,
        refresh: 7200,
        retry: 1800,
        expire: 86_400,
        minimum: 5,
      },
    });
    expect(message.additionals).toHaveLength(1);
  });

  it("keeps the question's mix of cases, also in the names of its answers", () => {
    const packet = query("WeB.sHoP.svc.cluster.LOCAL");
    const message = decode(encodeReply(packet, parsed(packet), reply(addresses(1)), 512));
    expect(message.questions?.[0]?.name).toBe("WeB.sHoP.svc.cluster.LOCAL");
    expect(message.answers?.[0]?.name).toBe("WeB.sHoP.svc.cluster.LOCAL");
  });

  it("fits plain UDP with 29 addresses, and says so when there are more", () => {
    const packet = query("web.shop.svc.cluster.local");
    const whole = decode(encodeReply(packet, parsed(packet), reply(addresses(29)), udpLimit(parsed(packet))));
    expect([whole.flag_tc, whole.answers?.length]).toEqual([false, 29]);
    const bytes = encodeReply(packet, parsed(packet), reply(addresses(40)), udpLimit(parsed(packet)));
    const part = decode(bytes);
    expect(bytes.length).toBeLessThanOrEqual(512);
    expect([part.flag_tc, part.answers?.length]).toEqual([true, 29]);
  });

  it("answers EDNS with EDNS, within a frame", () => {
    const packet = query("web.shop.svc.cluster.local", "A", edns);
    expect(udpLimit(parsed(packet))).toBe(1232);
    const bytes = encodeReply(packet, parsed(packet), reply(addresses(200)), udpLimit(parsed(packet)));
    expect(bytes.length).toBeLessThanOrEqual(1232);
    expect(decode(bytes).additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1232 }]);
  });

  it("leaves additional records out before it truncates", () => {
    const packet = query("web.shop.svc.cluster.local");
    const message = decode(
      encodeReply(packet, parsed(packet), reply(addresses(29), { additional: addresses(5) }), 512),
    );
    expect([message.flag_tc, message.additionals?.length]).toEqual([false, 0]);
  });
});

it("says what it cannot do", () => {
  const packet = query("a.b");
  expect(decode(encodeFailure(packet, 2, parsed(packet)))).toMatchObject({
    id: 4711,
    rcode: "SERVFAIL",
    questions: [{ name: "a.b" }],
  });
  expect(decode(encodeFailure(packet.subarray(0, 14), 1))).toMatchObject({ id: 4711, rcode: "FORMERR", questions: [] });
});

it.each([
  ["::", "00000000000000000000000000000000"],
  ["fd00::1:2", "fd000000000000000000000000010002"],
  ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
  ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
])("%s is %s", (text, hex) => {
  expect(Buffer.from(ipv6Bytes(text) ?? []).toString("hex")).toBe(hex);
});

it.each(["", "1.2.3.4", "fe80::1%eth0", ":::"])("%j is no IPv6 address", (text) => {
  expect(ipv6Bytes(text)).toBeUndefined();
});
