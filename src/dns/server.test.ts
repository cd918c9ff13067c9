import { createSocket, type Socket } from "node:dgram";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as realTime } from "node:timers/promises";
import { type Answer, decode, encode, type Packet, streamDecode, streamEncode } from "dns-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

/** A server of the outside world: answers by name, counts what it is asked. */
class Upstream implements AsyncDisposable {
  readonly asked: string[] = [];
  port = 0;
  /** Ignores every question. */
  silent = false;
  readonly #socket: Socket = createSocket("udp4");
  readonly #tcp = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const query = streamDecode(data);
      socket.end(streamEncode(this.#answer(query, "tcp")));
    });
  });

  static async start(address: string, port = 0): Promise<Upstream> {
    const upstream = new Upstream();
    await new Promise<void>((resolve) => upstream.#socket.bind(port, address, resolve));
    upstream.port = upstream.#socket.address().port;
    upstream.#socket.on("message", (message, from) => {
      if (upstream.silent) return;
      upstream.#socket.send(encode(upstream.#answer(decode(message), "udp")), from.port, from.address);
    });
    await new Promise<void>((resolve) => upstream.#tcp.listen(upstream.port, address, resolve));
    return upstream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
  }

  #answer(query: Packet, transport: string): Packet {
    const name = query.questions?.[0]?.name ?? "";
    this.asked.push(name);
    const base: Packet = { type: "response", id: query.id ?? 0, questions: query.questions ?? [] };
    if (name.startsWith("broken")) return { ...base, flags: 2 };
    if (name.startsWith("none")) {
      const data = { mname: "ns.example", rname: "x.example", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 20 };
      return { ...base, flags: 3, authorities: [{ type: "SOA", name: "example", ttl: 60, data }] };
    }
    if (name.startsWith("large") && transport === "udp") return { ...base, flags: 512 };
    const ttl = name.startsWith("brief") ? 0 : 60;
    return { ...base, answers: [{ type: "A", name, ttl, data: "203.0.113.5" }] };
  }
}

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
    const socket = connect(at.port, at.address);
    const question = { type: "A" as const, name: "many.default.svc.cluster.local" };
    // Two questions in one go, the second cut in two.
    const both = Buffer.concat([1, 2].map((id) => streamEncode({ type: "query", id, questions: [question] })));
    socket.write(both.subarray(0, both.length - 5));
    socket.write(both.subarray(both.length - 5));
    const answers: number[] = [];
    let heard = Buffer.alloc(0);
    for await (const chunk of socket) {
      heard = Buffer.concat([heard, chunk as Buffer]);
      while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
        const end = 2 + heard.readUInt16BE(0);
        answers.push(decode(heard.subarray(2, end)).answers?.length ?? 0);
        heard = heard.subarray(end);
      }
      if (answers.length === 2) break;
    }
    expect(answers).toEqual([100, 100]);
  });

  it("lead out of the cluster for an ExternalName", async () => {
    feed.put(services, { metadata: { name: "out" }, spec: { type: "ExternalName", externalName: "www.example" } });
    const message = await ask("out.default.svc.cluster.local");
    expect(message.answers?.map(({ type, name }) => `${name} ${type}`)).toEqual([
      "out.default.svc.cluster.local CNAME",
      "www.example A",
    ]);
    expect(data(message)).toEqual(["www.example", "203.0.113.5"]);
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

  it("pass truncation on, and come whole over TCP", async () => {
    expect(await ask("large.example")).toMatchObject({ flag_tc: true });
    feed.put(services, { metadata: { name: "out" }, spec: { type: "ExternalName", externalName: "large.example" } });
    expect(data(await ask("out.default.svc.cluster.local"))).toEqual(["large.example", "203.0.113.5"]);
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

describe("what is no question", () => {
  it("is told so", async () => {
    const garbage = Buffer.alloc(20, 1);
    expect(decode((await askRaw(garbage)).subarray(0, 12))).toMatchObject({ rcode: "FORMERR" });
    const update = encode({ type: "query", id: 1, flags: 5 << 11, questions: [{ type: "A", name: "a" }] });
    expect(decode(await askRaw(update))).toMatchObject({ rcode: "NOTIMP" });
    const chaos = encode({ type: "query", id: 1, questions: [{ type: "TXT", name: "version.bind", class: "CH" }] });
    expect(decode(await askRaw(chaos))).toMatchObject({ rcode: "REFUSED" });
  });
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
