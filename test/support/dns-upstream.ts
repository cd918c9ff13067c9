/** A DNS server of the outside world: answers by how the name begins, and counts what it is asked. */
import { createSocket, type Socket } from "node:dgram";
import { createServer } from "node:net";
import { decode, encode, type Packet, streamDecode, streamEncode } from "dns-packet";

export class Upstream implements AsyncDisposable {
  /** Names, as they were written. */
  readonly asked: string[] = [];
  port = 0;
  /** Ignores every question. */
  silent = false;
  /** Passes every question on, as a stub resolver does. */
  relay: { address: string; port: number } | undefined;
  readonly #socket: Socket = createSocket("udp4");
  readonly #tcp = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => socket.end(streamEncode(this.#answer(streamDecode(data), "tcp"))));
  });

  /** @param port any if it is 0. */
  static async start(address: string, port = 0): Promise<Upstream> {
    const upstream = new Upstream();
    await new Promise<void>((resolve) => upstream.#socket.bind(port, address, resolve));
    upstream.port = upstream.#socket.address().port;
    upstream.#socket.on("message", (message, from) => {
      const send = (answer: Buffer): void => upstream.#socket.send(answer, from.port, from.address);
      if (upstream.relay) upstream.#pass(message, upstream.relay, send);
      else if (!upstream.silent) for (const answer of upstream.#datagrams(decode(message))) send(answer);
    });
    await new Promise<void>((resolve) => upstream.#tcp.listen(upstream.port, address, resolve));
    return upstream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
  }

  #pass(message: Buffer, to: { address: string; port: number }, send: (answer: Buffer) => void): void {
    this.asked.push(decode(message).questions?.[0]?.name ?? "");
    const socket = createSocket("udp4");
    socket.unref();
    socket.once("message", (answer) => {
      socket.close();
      send(answer);
    });
    socket.send(message, to.port, to.address);
  }

  #datagrams(query: Packet): Buffer[] {
    const name = query.questions?.[0]?.name ?? "";
    const answer = this.#answer(query, "udp");
    if (name.startsWith("garbled")) return [encode(answer).subarray(0, -3)];
    if (!name.startsWith("forged")) return [encode(answer)];
    const forged = { ...answer, answers: [{ type: "A" as const, name, ttl: 60, data: "192.0.2.66" }] };
    return [
      Buffer.from("no message"),
      encode({ ...forged, id: ((query.id ?? 0) + 1) & 0xffff }),
      encode({ ...forged, questions: [{ type: "A", name: "other.example" }] }),
      encode({ ...forged, type: "query" }),
      encode(answer),
    ];
  }

  #answer(query: Packet, transport: "udp" | "tcp"): Packet {
    const name = query.questions?.[0]?.name ?? "";
    this.asked.push(name);
    const hasOpt = (query.additionals ?? []).some(({ type }) => type === "OPT");
    const base: Packet = {
      type: "response",
      id: query.id ?? 0,
      flags: 0x400,
      questions: query.questions ?? [],
      // With an option, which is nothing to others.
      ...(hasOpt && { additionals: [opt] }),
    };
    if (name.startsWith("broken")) return { ...base, flags: 2 };
    if (name.startsWith("old") && hasOpt) return { type: "response", id: query.id ?? 0, flags: 1 };
    if (name.startsWith("none")) {
      const data = { mname: "ns.example", rname: "x.example", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 20 };
      return { ...base, flags: 3, authorities: [{ type: "SOA", name: "example", ttl: 60, data }] };
    }
    if (name.startsWith("large")) {
      if (transport === "udp") return { ...base, flags: 0x200 };
      const many = Array.from({ length: 100 }, (_, n) => ({
        type: "A" as const,
        name,
        ttl: 60,
        data: `203.0.113.${n}`,
      }));
      return { ...base, answers: many };
    }
    const ttl = name.startsWith("brief") ? 0 : 60;
    return { ...base, answers: [{ type: "A", name, ttl, data: "203.0.113.5" }] };
  }
}

const opt: NonNullable<Packet["additionals"]>[number] = {
  type: "OPT",
  name: ".",
  udpPayloadSize: 1232,
  flags: 0,
  extendedRcode: 0,
  ednsVersion: 0,
  flag_do: false,
  options: [{ code: 12, type: "PADDING", length: 8 }],
};
