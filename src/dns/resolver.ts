/** From a query's bytes to an answer's: out of the cluster's records where they are concerned, else from the host's servers. */
import type { Client } from "../machinery/client.ts";
import { namespaces } from "../machinery/resource.ts";
import { ServiceSlices } from "../machinery/service-slices.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import type { Transport } from "./exchange.ts";
import { aliasQuestion, recordsIn } from "./follow-alias.ts";
import { fitForwarded } from "./forwarded-answer.ts";
import type { Forwarder } from "./forwarder.ts";
import { classIn, flagBits, flagsOf, headerBytes, type Rcode, rcodeOf, rcodes, recordTypes } from "./message.ts";
import { parseQuery, plainPacket, type Query, udpLimit } from "./query.ts";
import { AnswerScopes, ReadyAnswers } from "./ready-answers.ts";
import { recordsOf } from "./records.ts";
import { encodeFailure, encodeReply, type ResourceRecord } from "./wire.ts";
import { Zone, type ZoneReply } from "./zone.ts";

const largestTcpAnswer = 65_535;
/** Orders kept ready of an answer with several addresses, so that clients that take the first are spread. */
const mostRotations = 8;

export class Resolver implements Disposable {
  readonly #domain: string;
  readonly #zone: Zone;
  readonly #forwarder: Forwarder;
  readonly #slices: ServiceSlices;
  readonly #namespaces: Disposable;
  /** Services whose records are not what they were. */
  readonly #dirty = new Set<string>();
  readonly #scopes = new AnswerScopes();
  readonly #ready: Readonly<Record<Transport, ReadyAnswers>> = { udp: new ReadyAnswers(), tcp: new ReadyAnswers() };

  constructor(client: Pick<Client, "get" | "watch">, settings: ClusterSettings, forwarder: Forwarder) {
    this.#domain = settings.clusterDomain;
    this.#forwarder = forwarder;
    this.#zone = new Zone(settings, (name) => client.get(namespaces, { name }) !== undefined);
    this.#slices = new ServiceSlices(client, (key) => {
      this.#dirty.add(key);
      this.#scopes.serviceChanged(key);
    });
    this.#namespaces = client.watch(namespaces, ({ type }) => {
      if (type !== "MODIFIED") this.#scopes.othersChanged();
    });
    this.#refresh();
  }

  /** @returns the answer at once if it is the cluster's to give, or undefined for what cannot be answered at all. */
  resolve(packet: Buffer, transport: Transport): Buffer | undefined | Promise<Buffer | undefined> {
    const key = packet.toString("latin1", 2);
    const ready = this.#ready[transport].get(key);
    if (ready) return withId(ready, packet);
    const query = parseQuery(packet);
    if (!query) return isQuery(packet) ? encodeFailure(packet, rcodes.FORMERR) : undefined;
    const refusal = refusalOf(query);
    if (refusal !== undefined) return encodeFailure(packet, refusal, query);
    // Cookies and the like differ from query to query, and change nothing.
    if (query.more) return this.resolve(plainPacket(packet, query), transport);
    this.#refresh();
    const reply = this.#zone.answer(query.name, query.type);
    const limit = transport === "udp" ? udpLimit(query) : largestTcpAnswer;
    if (!reply) return this.#forward(packet, query, limit);
    if (reply.outside !== undefined) return this.#follow(packet, query, reply, reply.outside, limit);
    const messages = rotations(reply.answers).map((answers) =>
      encodeReply(packet, query, { ...reply, answers }, limit),
    );
    this.#ready[transport].keep(key, messages, this.#scopes.of(reply.owner));
    return messages[0];
  }

  [Symbol.dispose](): void {
    this.#slices[Symbol.dispose]();
    this.#namespaces[Symbol.dispose]();
  }

  /** Brings the records of changed Services up to date: only when somebody asks. */
  #refresh(): void {
    for (const key of this.#dirty) {
      const service = this.#slices.service(key);
      this.#zone.set(key, service && recordsOf(service, this.#slices.slices(key), this.#domain));
    }
    this.#dirty.clear();
  }

  async #forward(packet: Buffer, query: Query, limit: number): Promise<Buffer> {
    const answer = await this.#forwarder.ask(packet, query);
    return typeof answer === "number"
      ? encodeFailure(packet, answer, query)
      : fitForwarded(answer, packet, query, limit);
  }

  /** An ExternalName's answer: the alias, and what it leads to, because stub resolvers do not follow it themselves. */
  async #follow(packet: Buffer, query: Query, reply: ZoneReply, target: string, limit: number): Promise<Buffer> {
    if (query.type !== recordTypes.A && query.type !== recordTypes.AAAA) {
      return encodeReply(packet, query, reply, limit);
    }
    const question = aliasQuestion(target, query.type);
    const found = question ? await this.#forwarder.ask(question.packet, question.query) : rcodes.SERVFAIL;
    if (typeof found === "number") return encodeFailure(packet, found, query);
    const rcode = rcodeOf(found);
    if (rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN) return encodeFailure(packet, rcodes.SERVFAIL, query);
    const answers = [...reply.answers, ...recordsIn(found)];
    return encodeReply(packet, query, { ...reply, rcode, answers }, limit);
  }
}

/** What makes a question unanswerable whatever its name is. */
function refusalOf({ edns, opcode, class: questionClass, type }: Query): Rcode | undefined {
  if (edns && edns.version > 0) return rcodes.BADVERS;
  if (opcode !== 0) return rcodes.NOTIMP;
  const transfer = type === recordTypes.AXFR || type === recordTypes.IXFR;
  return questionClass !== classIn || transfer ? rcodes.REFUSED : undefined;
}

/** The record's answers in every order that begins with another address. */
function rotations(answers: readonly ResourceRecord[]): (readonly ResourceRecord[])[] {
  const addresses = answers.filter(({ data }) => data.type === "A" || data.type === "AAAA").length;
  if (addresses < 2 || addresses !== answers.length) return [answers];
  const count = Math.min(addresses, mostRotations);
  return Array.from({ length: count }, (_, first) => [...answers.slice(first), ...answers.slice(0, first)]);
}

function withId(message: Buffer, packet: Buffer): Buffer {
  const answer = Buffer.allocUnsafe(message.length);
  message.copy(answer);
  answer.writeUInt16BE(packet.readUInt16BE(0));
  return answer;
}

function isQuery(packet: Buffer): boolean {
  return packet.length >= headerBytes && (flagsOf(packet) & flagBits.response) === 0;
}
