/** From a query's bytes to an answer's: out of the cluster's records where they are concerned, else from the host's servers. */
import type { Client } from "../machinery/client.ts";
import { namespaces } from "../machinery/resource.ts";
import { ServiceSlices } from "../machinery/service-slices.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import type { Transport } from "./exchange.ts";
import { addressesOf } from "./follow-alias.ts";
import type { Forwarder } from "./forwarder.ts";
import { recordsOf } from "./records.ts";
import {
  encodeFailure,
  encodeReply,
  headerBytes,
  parseQuery,
  type Query,
  type ResourceRecord,
  rcodes,
  udpLimit,
} from "./wire.ts";
import { Zone, type ZoneReply } from "./zone.ts";

const largestTcpAnswer = 65_535;
const classIn = 1;
/** Answers kept ready per transport before all are forgotten: names that exist are few, names that do not are endless. */
const mostReady = 16_384;
/** Orders kept ready of an answer with several addresses, so that clients that take the first are spread. */
const mostRotations = 8;

/** Ready answers to one question, and whose turn it is. */
interface Ready {
  messages: readonly Buffer[];
  turn: number;
}

export class Resolver implements Disposable {
  readonly #domain: string;
  readonly #zone: Zone;
  readonly #forwarder: Forwarder;
  readonly #slices: ServiceSlices;
  readonly #namespaces: Disposable;
  /** Services whose records are not what they were. */
  readonly #dirty = new Set<string>();
  /** A packet's bytes after its id → answers, until anything changes. */
  readonly #ready: Readonly<Record<Transport, Map<string, Ready>>> = { udp: new Map(), tcp: new Map() };

  constructor(client: Pick<Client, "get" | "watch">, settings: ClusterSettings, forwarder: Forwarder) {
    this.#domain = settings.clusterDomain;
    this.#forwarder = forwarder;
    this.#zone = new Zone(settings, (name) => client.get(namespaces, { name }) !== undefined);
    this.#slices = new ServiceSlices(client, (key) => {
      this.#dirty.add(key);
      this.#forgetReady();
    });
    this.#namespaces = client.watch(namespaces, ({ type }) => {
      if (type !== "MODIFIED") this.#forgetReady();
    });
  }

  /** @returns the answer at once if it is the cluster's to give, or undefined for what cannot be answered at all. */
  resolve(packet: Buffer, transport: Transport): Buffer | undefined | Promise<Buffer | undefined> {
    const key = packet.toString("latin1", 2);
    const ready = this.#ready[transport].get(key);
    if (ready) return nextOf(ready, packet);
    const query = parseQuery(packet);
    if (!query) return isQuery(packet) ? encodeFailure(packet, rcodes.FORMERR) : undefined;
    if (query.opcode !== 0) return encodeFailure(packet, rcodes.NOTIMP, query);
    if (query.class !== classIn) return encodeFailure(packet, rcodes.REFUSED, query);
    this.#refresh();
    const reply = this.#zone.answer(query.name, query.type);
    if (!reply) return this.#forward(packet, query, transport);
    if (reply.outside !== undefined) return this.#follow(packet, query, reply, reply.outside, transport);
    const limit = transport === "udp" ? udpLimit(query) : largestTcpAnswer;
    const messages = rotations(reply.answers).map((answers) =>
      encodeReply(packet, query, { ...reply, answers }, limit),
    );
    return this.#keepReady(key, { messages, turn: 0 }, packet, transport);
  }

  [Symbol.dispose](): void {
    this.#slices[Symbol.dispose]();
    this.#namespaces[Symbol.dispose]();
  }

  #keepReady(key: string, ready: Ready, packet: Buffer, transport: Transport): Buffer {
    const all = this.#ready[transport];
    if (all.size >= mostReady) all.clear();
    all.set(key, ready);
    return nextOf(ready, packet);
  }

  #forgetReady(): void {
    this.#ready.udp.clear();
    this.#ready.tcp.clear();
  }

  /** Brings the records of changed Services up to date: only now that somebody asks. */
  #refresh(): void {
    for (const key of this.#dirty) {
      const service = this.#slices.service(key);
      this.#zone.set(key, service && recordsOf(service, this.#slices.slices(key), this.#domain));
    }
    this.#dirty.clear();
  }

  async #forward(packet: Buffer, query: Query, transport: Transport): Promise<Buffer> {
    const answer = await this.#forwarder.ask(packet, query.questionEnd, transport);
    return answer ?? encodeFailure(packet, rcodes.SERVFAIL, query);
  }

  /** An ExternalName's answer: the alias, and what it leads to, because stub resolvers do not follow it themselves. */
  async #follow(packet: Buffer, query: Query, reply: ZoneReply, target: string, transport: Transport): Promise<Buffer> {
    const limit = transport === "udp" ? udpLimit(query) : largestTcpAnswer;
    const found = await addressesOf(this.#forwarder, target, query.type);
    return encodeReply(packet, query, { ...reply, answers: [...reply.answers, ...found] }, limit);
  }
}

/** The record's answers in every order that begins with another address. */
function rotations(answers: readonly ResourceRecord[]): (readonly ResourceRecord[])[] {
  const addresses = answers.filter(({ data }) => data.type === "A" || data.type === "AAAA").length;
  if (addresses < 2 || addresses !== answers.length) return [answers];
  const count = Math.min(addresses, mostRotations);
  return Array.from({ length: count }, (_, first) => [...answers.slice(first), ...answers.slice(0, first)]);
}

function nextOf(ready: Ready, packet: Buffer): Buffer {
  const message = ready.messages[ready.turn++ % ready.messages.length] ?? Buffer.alloc(0);
  const answer = Buffer.allocUnsafe(message.length);
  message.copy(answer);
  packet.copy(answer, 0, 0, 2);
  return answer;
}

function isQuery(packet: Buffer): boolean {
  return packet.length >= headerBytes && ((packet[2] ?? 0) & 0x80) === 0;
}
