/** DNS messages as bytes: just what a server needs. Rule: RFC 1035 section 4, RFC 6891 (EDNS), RFC 2782 (SRV). Pure. */
import { parseIpv4 } from "../machinery/cidr.ts";
import { ipv6Bytes } from "../machinery/ipv6.ts";

export const recordTypes = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 } as const;
export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export type Rcode = (typeof rcodes)[keyof typeof rcodes];

/** Names are without the final dot. */
export type RecordData =
  | { type: "A" | "AAAA"; address: string }
  | { type: "CNAME" | "PTR" | "NS"; target: string }
  | { type: "SRV"; priority: number; weight: number; port: number; target: string }
  | { type: "TXT"; text: string }
  | { type: "SOA"; primary: string; mailbox: string; serial: number; minimum: number };

export interface ResourceRecord {
  name: string;
  /** Seconds. */
  ttl: number;
  data: RecordData;
}

export interface Query {
  id: number;
  opcode: number;
  /** Lower case. */
  name: string;
  type: number;
  class: number;
  /** Where the question ends in the packet. */
  questionEnd: number;
  /** Present when the client speaks EDNS: the largest UDP answer it takes. */
  udpSize?: number;
}

export interface Reply {
  rcode: Rcode;
  answers: readonly ResourceRecord[];
  authority: readonly ResourceRecord[];
  additional: readonly ResourceRecord[];
}

export const headerBytes = 12;
const classIn = 1;
const typeOpt = 41;
const optBytes = 11;
/** Largest UDP answer sent or asked for: fits into any Ethernet frame (DNS Flag Day 2020). */
export const largestUdpAnswer = 1_232;
/** Largest UDP answer to a client without EDNS. */
export const plainUdpAnswer = 512;

/** Bits of the header's flags. */
const response = 0x8000;
const authoritative = 0x0400;
const truncated = 0x0200;
const recursionDesired = 0x0100;
const recursionAvailable = 0x0080;
const checkingDisabled = 0x0010;
const opcodeBits = 0x7800;

/** @returns undefined when the packet is no query with one whole question. */
export function parseQuery(packet: Buffer): Query | undefined {
  if (packet.length < headerBytes || (packet.readUInt16BE(2) & response) !== 0) return undefined;
  if (packet.readUInt16BE(4) !== 1) return undefined;
  const question = readName(packet, headerBytes);
  if (!question || question.end + 4 > packet.length) return undefined;
  const questionEnd = question.end + 4;
  const udpSize = readUdpSize(packet, questionEnd);
  return {
    id: packet.readUInt16BE(0),
    opcode: (packet.readUInt16BE(2) & opcodeBits) >> 11,
    name: question.name.toLowerCase(),
    type: packet.readUInt16BE(question.end),
    class: packet.readUInt16BE(question.end + 2),
    questionEnd,
    ...(udpSize !== undefined && { udpSize }),
  };
}

/** Largest answer that fits the query's way back over UDP. */
export function udpLimit(query: Query): number {
  return Math.min(Math.max(query.udpSize ?? plainUdpAnswer, plainUdpAnswer), largestUdpAnswer);
}

/** An answer without records: for what cannot be understood or answered. Takes any packet with a header. */
export function encodeFailure(packet: Buffer, rcode: Rcode, query?: Query): Buffer {
  const end = query?.questionEnd ?? headerBytes;
  const answer = Buffer.alloc(end);
  packet.copy(answer, 0, 0, end);
  answer.writeUInt16BE(replyFlags(packet, rcode), 2);
  answer.writeUInt16BE(query ? 1 : 0, 4);
  answer.fill(0, 6, headerBytes);
  return answer;
}

/**
 * The reply as bytes. The question is repeated byte for byte, so that its mix of cases is kept (draft-vixie-dnsext-dns0x20).
 * What does not fit within `limit` is left out; missing answers set the TC bit, upon which clients ask again over TCP.
 */
export function encodeReply(packet: Buffer, query: Query, reply: Reply, limit: number): Buffer {
  const writer = new MessageWriter(
    packet.subarray(0, query.questionEnd),
    limit - (query.udpSize === undefined ? 0 : optBytes),
  );
  const answers = writer.records(reply.answers);
  const complete = answers === reply.answers.length;
  const authority = complete ? writer.records(reply.authority) : 0;
  const additional = complete ? writer.records(reply.additional) : 0;
  if (query.udpSize !== undefined) writer.opt();
  const bytes = writer.finish();
  bytes.writeUInt16BE(replyFlags(packet, reply.rcode) | authoritative | (complete ? 0 : truncated), 2);
  bytes.writeUInt16BE(answers, 6);
  bytes.writeUInt16BE(authority, 8);
  bytes.writeUInt16BE(additional + (query.udpSize === undefined ? 0 : 1), 10);
  return bytes;
}

function replyFlags(packet: Buffer, rcode: Rcode): number {
  const kept = packet.readUInt16BE(2) & (opcodeBits | recursionDesired | checkingDisabled);
  return response | kept | recursionAvailable | rcode;
}

/** Reads a name that is not compressed, as questions are. */
function readName(packet: Buffer, start: number): { name: string; end: number } | undefined {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = packet[at];
    if (length === undefined || length > 63) return undefined;
    at++;
    if (length === 0) return { name: labels.join("."), end: at };
    if (at + length > packet.length || at + length - start > 255) return undefined;
    labels.push(packet.toString("latin1", at, at + length));
    at += length;
  }
}

/** Size in the OPT record, if that is what follows the question: resolvers put nothing before it. */
function readUdpSize(packet: Buffer, at: number): number | undefined {
  if (at + optBytes > packet.length || packet[at] !== 0) return undefined;
  return packet.readUInt16BE(at + 1) === typeOpt ? packet.readUInt16BE(at + 3) : undefined;
}

/** Writes records after a question, with names compressed (RFC 1035 section 4.1.4). */
class MessageWriter {
  #bytes: Buffer;
  #length: number;
  readonly #limit: number;
  /** Names already written → their place. */
  readonly #places = new Map<string, number>();

  constructor(head: Buffer, limit: number) {
    this.#bytes = Buffer.alloc(Math.max(1024, head.length + optBytes));
    head.copy(this.#bytes);
    this.#length = head.length;
    this.#limit = limit;
    this.#rememberName(readName(head, headerBytes)?.name ?? "", headerBytes);
  }

  /** @returns how many of them fitted. */
  records(records: readonly ResourceRecord[]): number {
    for (const [index, record] of records.entries()) {
      const start = this.#length;
      this.#record(record);
      if (this.#length <= this.#limit) continue;
      this.#length = start;
      for (const [name, place] of this.#places) if (place >= start) this.#places.delete(name);
      return index;
    }
    return records.length;
  }

  opt(): void {
    this.#byte(0);
    this.#uint16(typeOpt);
    this.#uint16(largestUdpAnswer);
    this.#uint32(0);
    this.#uint16(0);
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #record({ name, ttl, data }: ResourceRecord): void {
    this.#name(name, true);
    this.#uint16(recordTypes[data.type]);
    this.#uint16(classIn);
    this.#uint32(ttl);
    const lengthAt = this.#length;
    this.#uint16(0);
    this.#data(data);
    this.#bytes.writeUInt16BE(this.#length - lengthAt - 2, lengthAt);
  }

  #data(data: RecordData): void {
    switch (data.type) {
      case "A":
        return this.#uint32(parseIpv4(data.address) ?? 0);
      case "AAAA":
        for (const byte of ipv6Bytes(data.address) ?? new Uint8Array(16)) this.#byte(byte);
        return;
      case "TXT":
        return this.#text(data.text);
      case "SRV":
        this.#uint16(data.priority);
        this.#uint16(data.weight);
        this.#uint16(data.port);
        // RFC 2782: the target is never compressed.
        return this.#name(data.target, false);
      case "SOA":
        this.#name(data.primary, true);
        this.#name(data.mailbox, true);
        for (const seconds of [data.serial, 7200, 1800, 86_400, data.minimum]) this.#uint32(seconds);
        return;
      default:
        return this.#name(data.target, true);
    }
  }

  #name(name: string, compress: boolean): void {
    const place = this.#length;
    let rest = name;
    while (rest !== "") {
      const known = compress ? this.#places.get(rest.toLowerCase()) : undefined;
      if (known !== undefined) {
        this.#uint16(0xc000 | known);
        break;
      }
      const dot = rest.indexOf(".");
      this.#text(dot < 0 ? rest : rest.slice(0, dot));
      rest = dot < 0 ? "" : rest.slice(dot + 1);
    }
    if (rest === "") this.#byte(0);
    this.#rememberName(name, place);
  }

  #rememberName(name: string, place: number): void {
    let rest = name.toLowerCase();
    let at = place;
    // A pointer has 14 bits.
    while (rest !== "" && at < 0x4000) {
      if (this.#places.has(rest)) return;
      this.#places.set(rest, at);
      const dot = rest.indexOf(".");
      if (dot < 0) return;
      at += dot + 1;
      rest = rest.slice(dot + 1);
    }
  }

  #text(text: string): void {
    const bytes = Buffer.from(text, "latin1").subarray(0, 255);
    this.#byte(bytes.length);
    for (const byte of bytes) this.#byte(byte);
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    this.#bytes[this.#length++] = value;
  }

  #uint16(value: number): void {
    this.#byte(value >>> 8);
    this.#byte(value & 255);
  }

  #uint32(value: number): void {
    this.#uint16(value >>> 16);
    this.#uint16(value & 0xffff);
  }
}
