import { createSocket } from "node:dgram";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as realTime } from "node:timers/promises";
import { type Answer, decode, encode, type OptAnswer, type Packet, streamEncode } from "dns-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Upstream } from "../../test/support/dns-upstream.ts";
import { ObjectFeed } from "../../test/support/object-feed.ts";
import { FakeClock } from "../machinery/clock.ts";
import { silentLogger } from "../machinery/log.ts";
import { endpointSlices, namespaces, services } from "../machinery/resource.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import { DnsServer } from "./server.ts";

const settings: ClusterSettings = {
  name: "test",
  dataDir: "/nonexistent",
  nodeName: "node",
  nodeAddress: "192.0.2.1",
  apiPort: 6443,
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
  nodePortRange: { from: 30_000, to: 32_767 },
  clusterDomain: "cluster.local",
  proxyMode: "userspace",
};

type Question = "A" | "AAAA" | "SRV" | "PTR" | "TXT";

let feed: ObjectFeed;
let clock: FakeClock;
let folder: string;
let server: DnsServer;
let at: { address: string; port: number };
let upstream: Upstream;

beforeEach(async () => {
  feed = new ObjectFeed();
  feed.put(namespaces, { metadata: { name: "default" } });
  clock = new FakeClock();
  folder = await mkdtemp(join(tmpdir(), "skiff-dns-"));
  upstream = await Upstream.start("127.0.0.3");
  await hostUses("127.0.0.3");
  server = new DnsServer({
    client: feed,
    settings,
    clock,
    log: silentLogger,
    listen: { address: "127.0.0.2", port: 0 },
    host: { resolvConf: join(folder, "resolv.conf"), port: upstream.port },
  });
  at = await server.start();
});

afterEach(async () => {
  await server.stop();
  await upstream[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function hostUses(...addresses: string[]): Promise<void> {
  await writeFile(join(folder, "resolv.conf"), addresses.map((address) => `nameserver ${address}\n`).join(""));
  clock.advance(1_000);
}

function service(name: string, clusterIP: string): void {
  feed.put(services, {
    metadata: { name },
    spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ name: "http", port: 80 }] },
  });
}

function headless(name: string, addresses: string[]): void {
  feed.put(services, { metadata: { name }, spec: { clusterIP: "None", clusterIPs: ["None"] } });
  feed.put(endpointSlices, {
    metadata: { name: `${name}-1`, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  });
}

function external(name: string, externalName: string): void {
  feed.put(services, { metadata: { name }, spec: { type: "ExternalName", externalName } });
}

let lastId = 0;

async function askRaw(packet: Buffer): Promise<Buffer> {
  const socket = createSocket("udp4");
  try {
    return await new Promise<Buffer>((resolve) => {
      socket.once("message", resolve);
      socket.send(packet, at.port, at.address);
    });
  } finally {
    socket.close();
  }
}

async function ask(name: string, type: Question = "A"): Promise<ReturnType<typeof decode> & { rcode?: string }> {
  const id = ++lastId;
  const message = decode(await askRaw(encode({ type: "query", id, flags: 256, questions: [{ type, name }] })));
  expect(message.id).toBe(id);
  return message;
}

/** Sends the parts, ends its side of the connection, and reads all answers until the server ends its own. */
async function askTcp(...parts: Buffer[]): Promise<Packet[]> {
  const socket = connect({ port: at.port, host: at.address, allowHalfOpen: true });
  for (const part of parts) socket.write(part);
  socket.end();
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const answers: Packet[] = [];
  for (let rest = Buffer.concat(chunks); rest.length > 0; rest = rest.subarray(2 + rest.readUInt16BE(0))) {
    answers.push(decode(rest.subarray(2, 2 + rest.readUInt16BE(0))));
  }
  return answers;
}

function data(message: { answers?: Answer[] | undefined }): unknown[] {
  return (message.answers ?? []).map((answer) => ("data" in answer ? answer.data : undefined));
}

describe("the cluster's names", () => {
  it("are answered, and follow every change at once", async () => {
    expect(await ask("web.default.svc.cluster.local")).toMatchObject({ rcode: "NXDOMAIN" });
    service("web", "10.96.7.10");
    expect(data(await ask("web.default.svc.cluster.local"))).toEqual(["10.96.7.10"]);
    service("web", "10.96.7.11");
    expect(data(await ask("web.default.svc.cluster.local"))).toEqual(["10.96.7.11"]);
    feed.remove(services, "web");
    expect(await ask("web.default.svc.cluster.local")).toMatchObject({ rcode: "NXDOMAIN" });
  });

  it("follow namespaces", async () => {
    expect(await ask("1-2-3-4.shop.pod.cluster.local")).toMatchObject({ rcode: "NXDOMAIN" });
    feed.put(namespaces, { metadata: { name: "shop" } });
    expect(data(await ask("1-2-3-4.shop.pod.cluster.local"))).toEqual(["1.2.3.4"]);
  });

  it("keep the question's mix of cases", async () => {
    service("web", "10.96.7.10");
    const message = await ask("wEb.DEFAULT.svc.Cluster.local");
    expect(message.questions?.[0]?.name).toBe("wEb.DEFAULT.svc.Cluster.local");
    expect(data(message)).toEqual(["10.96.7.10"]);
  });

  it("spread clients over a headless Service's addresses", async () => {
    headless("db", ["10.244.0.5", "10.244.0.6", "10.244.0.7"]);
    const first = new Set<unknown>();
    for (let n = 0; n < 3; n++) {
      const addresses = data(await ask("db.default.svc.cluster.local"));
      expect(new Set(addresses)).toEqual(new Set(["10.244.0.5", "10.244.0.6", "10.244.0.7"]));
      first.add(addresses[0]);
    }
    expect(first.size).toBe(3);
  });

  it("come whole over TCP when UDP is too small", async () => {
    headless(
      "many",
      Array.from({ length: 100 }, (_, n) => `10.244.1.${n}`),
    );
    expect(await ask("many.default.svc.cluster.local")).toMatchObject({ flag_tc: true });
    const question = { type: "A" as const, name: "many.default.svc.cluster.local" };
    // Two questions in one go, the second cut in two.
    const both = Buffer.concat([1, 2].map((id) => streamEncode({ type: "query", id, questions: [question] })));
    const answers = await askTcp(both.subarray(0, both.length - 5), both.subarray(both.length - 5));
    expect(answers.map(({ id, answers: records }) => [id, records?.length])).toEqual([
      [1, 100],
      [2, 100],
    ]);
  });

  it("lead out of the cluster for an ExternalName", async () => {
    external("out", "www.example");
    const message = await ask("out.default.svc.cluster.local");
    expect(message.answers?.map(({ type, name }) => `${name} ${type}`)).toEqual([
      "out.default.svc.cluster.local CNAME",
      "www.example A",
    ]);
    expect(data(message)).toEqual(["www.example", "203.0.113.5"]);
    expect(data(await ask("out.default.svc.cluster.local", "SRV"))).toEqual(["www.example"]);
    expect(upstream.asked).toEqual(["www.example"]);
  });

  it("say for an ExternalName what became of the name outside", async () => {
    external("none", "none.example");
    const message = await ask("none.default.svc.cluster.local");
    expect(message).toMatchObject({ rcode: "NXDOMAIN" });
    expect(data(message)).toEqual(["none.example"]);
    external("broken", "broken.example");
    expect(await ask("broken.default.svc.cluster.local")).toMatchObject({ rcode: "SERVFAIL", answers: [] });
    external("large", "large.example");
    expect(await ask("large.default.svc.cluster.local")).toMatchObject({ rcode: "NOERROR", flag_tc: true });
  });

  it("lead on inside the cluster for an ExternalName, and follow what it leads to", async () => {
    external("near", "web.default.svc.cluster.local");
    expect(await ask("near.default.svc.cluster.local")).toMatchObject({ rcode: "NXDOMAIN" });
    service("web", "10.96.7.10");
    expect(data(await ask("near.default.svc.cluster.local"))).toEqual(["web.default.svc.cluster.local", "10.96.7.10"]);
    service("web", "10.96.7.11");
    expect(data(await ask("near.default.svc.cluster.local"))).toEqual(["web.default.svc.cluster.local", "10.96.7.11"]);
    expect(upstream.asked).toEqual([]);
  });

  it("follow the readiness of endpoints", async () => {
    headless("db", ["10.244.0.5", "10.244.0.6"]);
    expect(data(await ask("db.default.svc.cluster.local"))).toHaveLength(2);
    headless("db", ["10.244.0.6"]);
    expect(data(await ask("db.default.svc.cluster.local"))).toEqual(["10.244.0.6"]);
    expect(await ask("10-244-0-5.db.default.svc.cluster.local")).toMatchObject({ rcode: "NXDOMAIN" });
    expect(await ask("5.0.244.10.in-addr.arpa", "PTR")).toMatchObject({ rcode: "NXDOMAIN" });
    expect(data(await ask("6.0.244.10.in-addr.arpa", "PTR"))).toEqual(["10-244-0-6.db.default.svc.cluster.local"]);
    headless("db", []);
    expect(await ask("db.default.svc.cluster.local")).toMatchObject({ rcode: "NXDOMAIN" });
  });

  it("are never asked of the host's servers", async () => {
    for (const name of ["x.default.svc.cluster.local", "cluster.local", "1.0.96.10.in-addr.arpa"]) await ask(name);
    expect(upstream.asked).toEqual([]);
  });
});

describe("other names", () => {
  it("come from the host's servers, and are remembered for as long as they say, at most 30 s", async () => {
    expect(data(await ask("www.example"))).toEqual(["203.0.113.5"]);
    clock.advance(10_000);
    const again = await ask("WWW.example");
    expect(again.answers?.[0]).toMatchObject({ ttl: 50, data: "203.0.113.5" });
    expect(again.questions?.[0]?.name).toBe("WWW.example");
    expect(upstream.asked).toHaveLength(1);
    clock.advance(20_000);
    await ask("www.example");
    expect(upstream.asked).toHaveLength(2);
  });

  it("are remembered not to exist for as long as the zone says", async () => {
    expect(await ask("none.example")).toMatchObject({ rcode: "NXDOMAIN" });
    clock.advance(19_000);
    expect(await ask("none.example")).toMatchObject({ rcode: "NXDOMAIN" });
    expect(upstream.asked).toHaveLength(1);
    clock.advance(2_000);
    await ask("none.example");
    expect(upstream.asked).toHaveLength(2);
  });

  it("are asked again each time when they may not be remembered", async () => {
    await ask("brief.example");
    await ask("brief.example");
    expect(await ask("broken.example")).toMatchObject({ rcode: "SERVFAIL" });
    await ask("broken.example");
    expect(upstream.asked).toHaveLength(4);
  });

  it("are asked over TCP when UDP was too small, which the client then hears too", async () => {
    expect(await ask("large.example")).toMatchObject({ flag_tc: true, answers: [] });
    const [whole] = await askTcp(
      streamEncode({ type: "query", id: 1, flags: 256, questions: [{ type: "A", name: "large.example" }] }),
    );
    expect(whole).toMatchObject({ flag_tc: false });
    expect(whole?.answers).toHaveLength(100);
    expect(upstream.asked).toEqual(["large.example", "large.example"]);
  });

  it("come from the next server when one is not there", async () => {
    await hostUses("127.0.0.4", "127.0.0.3");
    expect(data(await ask("www.example"))).toEqual(["203.0.113.5"]);
  });

  it("come from the next server when one says nothing, after a while", async () => {
    await using second = await Upstream.start("127.0.0.4", upstream.port);
    await hostUses("127.0.0.3", "127.0.0.4");
    upstream.silent = true;
    const answer = ask("www.example");
    await untilAnswered(answer);
    expect(data(await answer)).toEqual(["203.0.113.5"]);
    expect(second.asked).toEqual(["www.example"]);
  });

  it("fail at once when the host has no server, and when all refuse", async () => {
    await hostUses();
    expect(await ask("www.example")).toMatchObject({ rcode: "SERVFAIL" });
    await hostUses("127.0.0.4");
    expect(await ask("www.example")).toMatchObject({ rcode: "SERVFAIL" });
  });

  it("fail soon when no server answers, and sooner from then on", async () => {
    upstream.silent = true;
    const first = ask("a.example");
    expect(await untilAnswered(first)).toBeLessThan(4_000);
    expect(await first).toMatchObject({ rcode: "SERVFAIL" });
    const second = ask("b.example");
    expect(await untilAnswered(second)).toBeLessThan(1_500);
    upstream.silent = false;
    expect(data(await ask("c.example"))).toEqual(["203.0.113.5"]);
  });

  it("are not asked of Skiff itself", async () => {
    await hostUses("127.0.0.2", "10.96.0.10");
    expect(await ask("www.example")).toMatchObject({ rcode: "SERVFAIL" });
  });
});

/** Moves the clock on until the answer is there. @returns by how many milliseconds. */
async function untilAnswered(answer: Promise<unknown>): Promise<number> {
  let done = false;
  void answer.finally(() => {
    done = true;
  });
  let passed = 0;
  while (!done) {
    // The sockets are real: what they were sent must have its time before the clock moves on.
    await realTime(20);
    if (done) break;
    clock.advance(100);
    passed += 100;
  }
  return passed;
}

describe("what cannot be answered", () => {
  const question = { type: "A" as const, name: "web.default.svc.cluster.local" };
  const opt = { type: "OPT", name: ".", udpPayloadSize: 4096, flags: 0x8000, flag_do: true } as OptAnswer;

  it.each<[string, Packet, string]>([
    ["an update", { flags: 5 << 11, questions: [question] }, "NOTIMP"],
    ["another class", { questions: [{ ...question, class: "CH" }] }, "REFUSED"],
    ["a transfer of the zone", { questions: [{ type: "AXFR", name: "cluster.local" }] }, "REFUSED"],
    ["a transfer of changes", { questions: [{ type: "IXFR", name: "example" }] }, "REFUSED"],
    ["no question", {}, "FORMERR"],
  ])("%s is told so", async (_name, packet, rcode) => {
    service("web", "10.96.7.10");
    expect(decode(await askRaw(encode({ type: "query", id: 1, ...packet })))).toMatchObject({ id: 1, rcode });
    expect(upstream.asked).toEqual([]);
  });

  it("garbage with a header is told so, other garbage is left alone", async () => {
    expect(decode((await askRaw(Buffer.alloc(20, 1))).subarray(0, 12))).toMatchObject({ rcode: "FORMERR" });
    const socket = createSocket("udp4");
    const response = encode({ type: "response", id: 7, questions: [question] });
    for (const packet of [Buffer.alloc(0), Buffer.from("x"), response]) socket.send(packet, at.port, at.address);
    const heard = new Promise<Buffer>((resolve) => socket.once("message", resolve));
    socket.send(encode({ type: "query", id: 8, questions: [question] }), at.port, at.address);
    expect((await heard).readUInt16BE(0)).toBe(8);
    socket.close();
  });

  it("a version of EDNS that does not exist yet is told which does (BADVERS)", async () => {
    const packet = encode({ type: "query", id: 1, questions: [question], additionals: [{ ...opt, ednsVersion: 1 }] });
    expect(decode(await askRaw(packet)).additionals).toMatchObject([{ type: "OPT", extendedRcode: 1, ednsVersion: 0 }]);
  });

  it("is answered in EDNS where it was asked in EDNS", async () => {
    for (const name of ["web.default.svc.cluster.local", "www.example", "broken.example"]) {
      const packet = encode({ type: "query", id: 1, questions: [{ type: "A", name }], additionals: [opt] });
      expect(decode(await askRaw(packet)).additionals).toMatchObject([
        { type: "OPT", udpPayloadSize: 1232, flag_do: true, ednsVersion: 0, options: [] },
      ]);
      expect((await ask(name)).additionals).toEqual([]);
    }
  });

  it("over TCP ends the connection", async () => {
    service("web", "10.96.7.10");
    const good = streamEncode({ type: "query", id: 1, questions: [question] });
    expect(await askTcp(Buffer.from([0, 0]), good)).toEqual([]);
    expect(await askTcp(good, good)).toHaveLength(2);
  });
});

it("answers everything that one TCP connection asks, also what others must answer", async () => {
  service("web", "10.96.7.10");
  const names = Array.from({ length: 400 }, (_, n) => (n % 2 ? `n${n}.example` : "web.default.svc.cluster.local"));
  const queries = names.map((name, id) => streamEncode({ type: "query", id, questions: [{ type: "A", name }] }));
  const answers = await askTcp(Buffer.concat(queries));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(400);
  for (const { id = 0, answers: records = [] } of answers) {
    expect(records.map((record) => ("data" in record ? record.data : ""))).toEqual([
      id % 2 ? "203.0.113.5" : "10.96.7.10",
    ]);
  }
});

it("closes the oldest TCP connection for one more than there may be", async () => {
  const open = await Promise.all(
    Array.from({ length: 512 }, async () => {
      const socket = connect(at.port, at.address);
      await new Promise<void>((resolve) => socket.once("connect", resolve));
      return socket;
    }),
  );
  // All are accepted once the last one is answered.
  const last = open.at(-1);
  last?.write(streamEncode({ type: "query", id: 1, questions: [{ type: "A", name: "cluster.local" }] }));
  await new Promise((resolve) => last?.once("data", resolve));
  const closed = Promise.race(open.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  expect(
    await askTcp(streamEncode({ type: "query", id: 1, questions: [{ type: "A", name: "cluster.local" }] })),
  ).toHaveLength(1);
  await closed;
  for (const socket of open) socket.destroy();
});

it("is registered with the host while it answers", async () => {
  const calls: string[] = [];
  const registration = {
    register: async () => void calls.push("register"),
    withdraw: async () => void calls.push("withdraw"),
  };
  const other = new DnsServer({
    client: feed,
    settings,
    clock,
    log: silentLogger,
    registration,
    listen: { address: "127.0.0.6", port: 0 },
  });
  await other.start();
  expect(calls).toEqual(["register"]);
  await other.stop();
  expect(calls).toEqual(["register", "withdraw"]);
});

it("says what is in the way when it cannot listen", async () => {
  const second = new DnsServer({ client: feed, settings, clock, log: silentLogger, listen: at });
  await expect(second.start()).rejects.toThrow(
    `cannot serve DNS on 127.0.0.2:${at.port}: another process listens there`,
  );
  const nowhere = new DnsServer({
    client: feed,
    settings,
    clock,
    log: silentLogger,
    listen: { address: "192.0.2.200", port: 0 },
  });
  await expect(nowhere.start()).rejects.toThrow("the address is not routed to this host");
});
