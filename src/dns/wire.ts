/** Answers as bytes. Rule: RFC 1035 section 4, RFC 6891 (EDNS), RFC 2782 (SRV). Pure. */
import { parseIpv4 } from "../machinery/cidr.ts";
import { ipv6Bytes } from "../machinery/ipv6.ts";
import { classIn, flagBits, flagsOf, headerBytes, type Rcode, readName, recordTypes } from "./message.ts";
import { largestUdpAnswer, optBytes, optRecord, type Query } from "./query.ts";

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

export interface Reply {
  rcode: Rcode;
  answers: readonly ResourceRecord[];
  authority: readonly ResourceRecord[];
  additional: readonly ResourceRecord[];
}

/** An answer without records: for what cannot be understood or answered. Takes any packet with a header. */
export function encodeFailure(packet: Buffer, rcode: Rcode, query?: Query): Buffer {
  const answer = Buffer.from(packet.subarray(0, query?.questionEnd ?? headerBytes));
  answer.writeUInt16BE(replyFlags(packet, rcode), 2);
  answer.writeUInt16BE(query ? 1 : 0, 4);
  answer.fill(0, 6, headerBytes);
  if (!query?.edns) return answer;
  answer.writeUInt16BE(1, 10);
  return Buffer.concat([answer, optRecord(largestUdpAnswer, query.edns.dnssecOk, rcode >> 4)]);
}

/**
 * The reply as bytes. The question is repeated byte for byte, so that its mix of cases is kept (draft-vixie-dnsext-dns0x20).
 * What does not fit within `limit` is left out; missing answers set the TC bit, upon which clients ask again over TCP.
 */
export function encodeReply(packet: Buffer, query: Query, reply: Reply, limit: number): Buffer {
  const { edns } = query;
  const writer = new MessageWriter(packet.subarray(0, query.questionEnd), limit - (edns ? optBytes : 0));
  const answers = writer.records(reply.answers);
  const complete = answers === reply.answers.length;
  const authority = complete ? writer.records(reply.authority) : 0;
  const additional = complete ? writer.records(reply.additional) : 0;
  const bytes = writer.finish(edns && optRecord(largestUdpAnswer, edns.dnssecOk));
  const flags = replyFlags(packet, reply.rcode) | flagBits.authoritative | (complete ? 0 : flagBits.truncated);
  bytes.writeUInt16BE(flags, 2);
  bytes.writeUInt16BE(answers, 6);
  bytes.writeUInt16BE(authority, 8);
  bytes.writeUInt16BE(additional + (edns ? 1 : 0), 10);
  return bytes;
}

function replyFlags(packet: Buffer, rcode: Rcode): number {
  const kept = flagsOf(packet) & (flagBits.opcode | flagBits.recursionDesired | flagBits.checkingDisabled);
  return flagBits.response | kept | flagBits.recursionAvailable | (rcode & flagBits.rcode);
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

  /** @param end what comes after the records. */
  finish(end: Buffer = Buffer.alloc(0)): Buffer {
    return Buffer.concat([this.#bytes.subarray(0, this.#length), end]);
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
