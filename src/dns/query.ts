/** Reads what a client asks. Rule: RFC 1035 section 4.1, RFC 6891 (EDNS), RFC 9619 (one question). Pure. */
import { flagBits, flagsOf, headerBytes, readName, recordPlaces, recordTypes } from "./message.ts";

export interface Edns {
  version: number;
  /** Largest UDP answer that the client takes. */
  udpSize: number;
  /** The client wants the records of DNSSEC (RFC 3225). */
  dnssecOk: boolean;
}

export interface Query {
  opcode: number;
  /** Lower case, without the final dot. */
  name: string;
  type: number;
  class: number;
  /** Where the question ends in the packet. */
  questionEnd: number;
  edns?: Edns;
  /** The packet has more than the question and an OPT record without options, such as a cookie. */
  more: boolean;
}

export const optBytes = 11;
/** Largest UDP answer sent or asked for: fits into any Ethernet frame (DNS Flag Day 2020). */
export const largestUdpAnswer = 1_232;
/** Largest UDP answer to a client without EDNS. */
const plainUdpAnswer = 512;
const dnssecOkBit = 0x8000;

/** @returns undefined when the packet is no query with one whole question. */
export function parseQuery(packet: Buffer): Query | undefined {
  if (packet.length < headerBytes || (flagsOf(packet) & flagBits.response) !== 0) return undefined;
  if (packet.readUInt16BE(4) !== 1) return undefined;
  const question = readName(packet, headerBytes);
  if (!question || question.end + 4 > packet.length) return undefined;
  const questionEnd = question.end + 4;
  const places = recordPlaces(packet, questionEnd);
  if (!places) return undefined;
  const opts = places.filter(({ type }) => type === recordTypes.OPT);
  const [opt] = opts;
  // One OPT record at most, owned by the root (RFC 6891 sections 6.1.1 and 6.1.2).
  if (opts.length > 1 || (opt && packet[opt.start] !== 0)) return undefined;
  return {
    opcode: (flagsOf(packet) & flagBits.opcode) >> 11,
    name: question.name.toLowerCase(),
    type: packet.readUInt16BE(question.end),
    class: packet.readUInt16BE(question.end + 2),
    questionEnd,
    ...(opt && {
      edns: {
        version: packet.readUInt8(opt.classAt + 3),
        udpSize: packet.readUInt16BE(opt.classAt),
        dnssecOk: (packet.readUInt16BE(opt.classAt + 4) & dnssecOkBit) !== 0,
      },
    }),
    more: packet.length !== questionEnd + (opt ? optBytes : 0),
  };
}

/** Largest answer that fits the query's way back over UDP. */
export function udpLimit({ edns }: Query): number {
  return Math.min(Math.max(edns?.udpSize ?? plainUdpAnswer, plainUdpAnswer), largestUdpAnswer);
}

/** The packet with nothing but the question and, where the client speaks EDNS, a plain OPT record: what an answer depends on. */
export function plainPacket(packet: Buffer, { questionEnd, edns }: Query): Buffer {
  const head = Buffer.from(packet.subarray(0, questionEnd));
  head.fill(0, 6, headerBytes);
  if (!edns) return head;
  head.writeUInt16BE(1, 10);
  return Buffer.concat([head, optRecord(edns.udpSize, edns.dnssecOk)]);
}

/** An OPT record without options. @param extendedRcode the upper eight bits of the answer's code. */
export function optRecord(udpSize: number, dnssecOk: boolean, extendedRcode = 0): Buffer {
  const opt = Buffer.alloc(optBytes);
  opt.writeUInt16BE(recordTypes.OPT, 1);
  opt.writeUInt16BE(udpSize, 3);
  opt.writeUInt8(extendedRcode, 5);
  opt.writeUInt16BE(dnssecOk ? dnssecOkBit : 0, 7);
  return opt;
}
