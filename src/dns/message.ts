/** Looks into messages of other servers without decoding them. Rule: RFC 1035 section 4.1. Pure. */
import { headerBytes } from "./wire.ts";

const typeSoa = 6;
const typeOpt = 41;

export interface Lifetime {
  /** Seconds that the message may be remembered. */
  seconds: number;
  /** Places of the TTL fields of its records. */
  ttlPlaces: readonly number[];
}

export function rcodeOf(message: Buffer): number {
  return (message[3] ?? 0) & 15;
}

export function isTruncated(message: Buffer): boolean {
  return ((message[2] ?? 0) & 2) !== 0;
}

/** Whether the message answers the query: the same id and question (in any case), and the response bit. */
export function answersQuery(message: Buffer, query: Buffer, questionEnd: number): boolean {
  if (message.length < questionEnd || ((message[2] ?? 0) & 0x80) === 0) return false;
  if (message.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  const question = (packet: Buffer): string => packet.toString("latin1", headerBytes, questionEnd).toLowerCase();
  return question(message) === question(query);
}

/**
 * How long a positive or negative answer may be remembered (RFC 2308 for the latter).
 * @returns undefined for anything else, and for what cannot be read.
 */
export function lifetimeOf(message: Buffer, questionEnd: number): Lifetime | undefined {
  const rcode = rcodeOf(message);
  if ((rcode !== 0 && rcode !== 3) || isTruncated(message)) return undefined;
  const answers = message.readUInt16BE(6);
  const records = answers + message.readUInt16BE(8) + message.readUInt16BE(10);
  const ttlPlaces: number[] = [];
  let seconds = Number.POSITIVE_INFINITY;
  let negativeTtl: number | undefined;
  let at = questionEnd;
  for (let index = 0; index < records; index++) {
    const fixed = skipName(message, at);
    if (fixed === undefined || fixed + 10 > message.length) return undefined;
    const type = message.readUInt16BE(fixed);
    const end = fixed + 10 + message.readUInt16BE(fixed + 8);
    if (end > message.length) return undefined;
    if (type !== typeOpt) {
      const ttl = message.readUInt32BE(fixed + 4);
      ttlPlaces.push(fixed + 4);
      seconds = Math.min(seconds, ttl);
      // The last field of an SOA record limits how long "there is none" holds.
      if (type === typeSoa && end - fixed >= 32) negativeTtl = Math.min(ttl, message.readUInt32BE(end - 4));
    }
    at = end;
  }
  if (answers === 0 || rcode === 3) return negativeTtl === undefined ? undefined : { seconds: negativeTtl, ttlPlaces };
  return { seconds, ttlPlaces };
}

function skipName(message: Buffer, start: number): number | undefined {
  let at = start;
  for (;;) {
    const length = message[at];
    if (length === undefined) return undefined;
    if (length === 0) return at + 1;
    if ((length & 0xc0) === 0xc0) return at + 2;
    at += length + 1;
  }
}
