/** Looks into DNS messages without decoding them whole. Rule: RFC 1035 section 4.1, RFC 6891 (EDNS). Pure. */

export const headerBytes = 12;
const typeAndClassBytes = 4;
export const recordTypes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;
/** BADVERS needs the eight bits more that an OPT record has. */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;
export type Rcode = (typeof rcodes)[keyof typeof rcodes];
export const classIn = 1;

/** Bits of the header's flags, its second 16-bit word. */
export const flagBits = {
  response: 0x8000,
  opcode: 0x7800,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  authenticData: 0x0020,
  checkingDisabled: 0x0010,
  rcode: 0x000f,
} as const;

/** Where a record lies in its message. */
export interface RecordPlace {
  /** Of its first byte, which is its name's. */
  start: number;
  type: number;
  /** Of its class: what follows is its TTL at +2, the length of its data at +6 and its data at +8. */
  classAt: number;
  /** Of the first byte after it. */
  end: number;
  section: "answer" | "authority" | "additional";
}

export function flagsOf(message: Buffer): number {
  return message.readUInt16BE(2);
}

export function rcodeOf(message: Buffer): number {
  return flagsOf(message) & flagBits.rcode;
}

export function isTruncated(message: Buffer): boolean {
  return (flagsOf(message) & flagBits.truncated) !== 0;
}

/** Reads a name that is not compressed, as questions are. */
export function readName(packet: Buffer, start: number): { name: string; end: number } | undefined {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = packet[at];
    if (length === undefined || length > 63) return undefined;
    at++;
    if (length === 0) return { name: labels.join("."), end: at };
    if (at + length > packet.length || at + length - start >= 255) return undefined;
    labels.push(packet.toString("latin1", at, at + length));
    at += length;
  }
}

/** The records after the question. @returns undefined when the message ends before they do. */
export function recordPlaces(message: Buffer, questionEnd: number): RecordPlace[] | undefined {
  const places: RecordPlace[] = [];
  let at = questionEnd;
  for (const [section, countAt] of [
    ["answer", 6],
    ["authority", 8],
    ["additional", 10],
  ] as const) {
    for (let left = message.readUInt16BE(countAt); left > 0; left--) {
      const typeAt = skipName(message, at);
      if (typeAt === undefined || typeAt + 10 > message.length) return undefined;
      const end = typeAt + 10 + message.readUInt16BE(typeAt + 8);
      if (end > message.length) return undefined;
      places.push({ start: at, type: message.readUInt16BE(typeAt), classAt: typeAt + 2, end, section });
      at = end;
    }
  }
  return places;
}

/**
 * Whether the message answers the query: the same id and question (in any case), and the response bit. A complaint may
 * leave the question out.
 */
export function answersQuery(message: Buffer, query: Buffer, questionEnd: number): boolean {
  if (message.length < headerBytes || (flagsOf(message) & flagBits.response) === 0) return false;
  if (message.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  const questions = message.readUInt16BE(4);
  if (questions === 0) return rcodeOf(message) !== rcodes.NOERROR && rcodeOf(message) !== rcodes.NXDOMAIN;
  if (questions !== 1 || message.length < questionEnd) return false;
  return questionKey(message, questionEnd) === questionKey(query, questionEnd);
}

/** The question's bytes with the name in lower case: the same for equal questions. Only ASCII has cases (RFC 4343). */
export function questionKey(packet: Buffer, questionEnd: number): string {
  const name = packet.toString("latin1", headerBytes, questionEnd - typeAndClassBytes);
  const lower = name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return lower + packet.toString("latin1", questionEnd - typeAndClassBytes, questionEnd);
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
