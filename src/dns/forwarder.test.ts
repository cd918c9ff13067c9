import { createSocket } from "node:dgram";
import { setTimeout as realTime } from "node:timers/promises";
import { encode, type OptAnswer, type Packet } from "dns-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Upstream } from "../../test/support/dns-upstream.ts";
import { FakeClock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/log.ts";
import { fitForwarded } from "./forwarded-answer.ts";
import { Forwarder } from "./forwarder.ts";
import { type Rcode, rcodeOf, rcodes } from "./message.ts";
import { parseQuery } from "./query.ts";
import { encodeFailure } from "./wire.ts";

let clock: FakeClock;
let first: Upstream;
let second: Upstream;
let servers: readonly string[];
let said: string[];
let forwarder: Forwarder;

beforeEach(async () => {
  clock = new FakeClock();
  first = await Upstream.start("127.0.0.3");
  second = await Upstream.start("127.0.0.4", first.port);
  servers = ["127.0.0.3", "127.0.0.4"];
  said = [];
  const note = (_about: unknown, text?: string): void => void said.push(text ?? "");
  // Nothing else of a logger is used here.
  const log = { info: note, warn: note } as unknown as Logger;
  forwarder = new Forwarder({
    servers: async () => servers,
    source: "/etc/resolv.conf",
    clock,
    log,
    port: first.port,
  });
});

afterEach(async () => {
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

const opt = { type: "OPT", name: ".", udpPayloadSize: 4096, flags: 0 } as OptAnswer;

async function ask(name: string, more: Packet = {}): Promise<Buffer | Rcode> {
  const packet = encode({ type: "query", id: 1, flags: 256, questions: [{ type: "A", name }], ...more });
  const query = parseQuery(packet);
  if (!query) throw new Error("not a query");
  const answer = await forwarder.ask(packet, query);
  return typeof answer === "number" ? answer : fitForwarded(answer, packet, query, 1232);
}

/** Moves the clock on until the answer is there. @returns by how many milliseconds. */
async function untilAnswered(answer: Promise<unknown>): Promise<number> {
  let done = false;
  void answer.finally(() => {
    done = true;
  });
  for (let passed = 0; ; passed += 100) {
    // The sockets are real: what they were sent must have its time before the clock moves on.
    await realTime(10);
    if (done) return passed;
    clock.advance(100);
  }
}

function codeOf(answer: Buffer | Rcode): number {
  return typeof answer === "number" ? answer : rcodeOf(answer);
}

describe("the host's servers", () => {
  it("are asked with EDNS for every client, so that what differs between clients costs no second question", async () => {
    expect(codeOf(await ask("www.example"))).toBe(rcodes.NOERROR);
    await ask("WWW.example", { additionals: [opt] });
    await ask("www.example", {
      additionals: [{ ...opt, options: [{ code: 12, type: "PADDING", length: 8 }] }],
    });
    expect(first.asked).toEqual(["www.example"]);
  });

  it("are asked anew for a client that wants DNSSEC's records, or checks them itself", async () => {
    await ask("www.example");
    await ask("www.example", { additionals: [{ ...opt, flags: 0x8000, flag_do: true }] });
    await ask("www.example", { flags: 0x110 });
    expect(first.asked).toHaveLength(3);
  });

  it("are asked without EDNS when they do not know it", async () => {
    expect(codeOf(await ask("old.example"))).toBe(rcodes.NOERROR);
    expect(first.asked).toHaveLength(2);
  });

  it("are believed only when they answer what was asked", async () => {
    const answer = await ask("forged.example");
    expect(answer).toBeInstanceOf(Buffer);
    expect((answer as Buffer).includes(Buffer.from([203, 0, 113, 5]))).toBe(true);
    expect((answer as Buffer).includes(Buffer.from([192, 0, 2, 66]))).toBe(false);
  });

  it("are passed over when their answer cannot be read", async () => {
    expect(codeOf(await ask("garbled.example"))).toBe(rcodes.SERVFAIL);
    expect([first.asked.length, second.asked.length]).toEqual([1, 1]);
  });

  it("are each asked once for a name that all fail on", async () => {
    expect(codeOf(await ask("broken.example"))).toBe(rcodes.SERVFAIL);
    expect([first.asked.length, second.asked.length]).toEqual([1, 1]);
  });

  it("are asked once for a question that many ask at the same time", async () => {
    await Promise.all(Array.from({ length: 20 }, () => ask("www.example")));
    expect(first.asked).toEqual(["www.example"]);
  });

  it("are not buried: beyond a thousand questions at once the rest is refused", async () => {
    first.silent = true;
    second.silent = true;
    const all = Promise.all(Array.from({ length: 1_010 }, (_, n) => ask(`n${n}.example`)));
    await untilAnswered(all);
    const refused = (await all).filter((answer) => codeOf(answer) === rcodes.REFUSED);
    expect(refused).toHaveLength(10);
  });
});

describe("a server that says nothing", () => {
  it("is asked last for a while", async () => {
    first.silent = true;
    await untilAnswered(ask("a.example"));
    first.silent = false;
    await ask("b.example");
    expect([first.asked, second.asked]).toEqual([[], ["a.example", "b.example"]]);
    clock.advance(10_000);
    await ask("c.example");
    expect(first.asked).toEqual(["c.example"]);
  });

  it("takes the others along for a moment only: whoever is back first answers", async () => {
    first.silent = true;
    second.silent = true;
    expect(await untilAnswered(ask("a.example"))).toBeGreaterThanOrEqual(2_800);
    expect(await untilAnswered(ask("b.example"))).toBeLessThanOrEqual(400);
    second.silent = false;
    const back = ask("c.example");
    expect(await untilAnswered(back)).toBeLessThanOrEqual(300);
    expect(codeOf(await back)).toBe(rcodes.NOERROR);
  });

  it("gets all its time again after ten seconds, however often it was asked meanwhile", async () => {
    servers = ["127.0.0.3"];
    first.silent = true;
    await untilAnswered(ask("a.example"));
    let passed = 0;
    for (let n = 0; passed < 10_000; n++) passed += await untilAnswered(ask(`b${n}.example`));
    expect(await untilAnswered(ask("c.example"))).toBeGreaterThanOrEqual(2_800);
  });
});

it("forgets what it has heard when the servers change", async () => {
  await ask("www.example");
  servers = ["127.0.0.4"];
  await ask("www.example");
  expect([first.asked.length, second.asked.length]).toEqual([1, 1]);
});

/** The cluster's DNS as others reach it: hands every question to the forwarder. */
class OwnServer implements AsyncDisposable {
  readonly #socket = createSocket("udp4");

  static async start(to: Forwarder): Promise<OwnServer> {
    const server = new OwnServer();
    server.#socket.on("message", (packet, from) => {
      const query = parseQuery(packet);
      if (!query) return;
      void to.ask(packet, query).then((answer) => {
        const message = typeof answer === "number" ? encodeFailure(packet, answer, query) : answer;
        // The socket may be gone by then.
        if (server.#open) server.#socket.send(message, from.port, from.address);
      });
    });
    await new Promise<void>((resolve) => server.#socket.bind(0, "127.0.0.5", resolve));
    return server;
  }

  #open = true;

  get at(): { address: string; port: number } {
    return this.#socket.address();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

describe("a server that sends questions back", () => {
  /** What the cluster's DNS does with the questions that come back. */
  async function loop(): Promise<OwnServer> {
    const own = await OwnServer.start(forwarder);
    first.relay = own.at;
    return own;
  }

  it("is found out, told of once and asked no more, until it is mended", async () => {
    await using _own = await loop();
    servers = ["127.0.0.3"];
    expect(codeOf(await answered(ask("a.example")))).toBe(rcodes.SERVFAIL);
    expect(said).toEqual([
      "DNS loop: the server 127.0.0.3 of /etc/resolv.conf sends questions back to the cluster's DNS, so it is not asked any more; let it ask another server than the cluster's",
    ]);
    expect(await untilAnswered(ask("b.example"))).toBe(0);
    clock.advance(10_000);
    expect(codeOf(await ask("c.example"))).toBe(rcodes.SERVFAIL);
    first.relay = undefined;
    clock.advance(10_000);
    await ask("d.example");
    await expect
      .poll(() => said[1])
      .toBe("the DNS server 127.0.0.3 of /etc/resolv.conf does not send questions back any more");
    expect(codeOf(await ask("e.example"))).toBe(rcodes.NOERROR);
    expect(said).toHaveLength(2);
  });

  it("leaves the others to answer", async () => {
    await using _own = await loop();
    await untilAnswered(ask("a.example"));
    await expect.poll(() => said).toHaveLength(1);
    expect(codeOf(await ask("b.example"))).toBe(rcodes.NOERROR);
    expect(second.asked).toContain("b.example");
  });

  it("is not suspected for being slow", async () => {
    first.silent = true;
    await untilAnswered(Promise.all([ask("a.example"), ask("a.example")]));
    clock.advance(2_000);
    expect(said).toEqual([]);
    first.silent = false;
    clock.advance(10_000);
    await ask("b.example");
    expect(first.asked).toContain("b.example");
  });

  async function answered<T>(answer: Promise<T>): Promise<T> {
    await untilAnswered(answer);
    return answer;
  }
});
