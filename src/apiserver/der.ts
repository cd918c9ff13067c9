/** DER, as far as certificates need it (ITU-T X.690): a value is its tag, its length and its content. */

export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

/** Short form below 128, else the number of length bytes and those bytes (X.690, 8.1.3). */
function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => der(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => der(0x31, ...items);
export const octetString = (content: Uint8Array): Buffer => der(0x04, content);
export const printableString = (text: string): Buffer => der(0x13, Buffer.from(text, "latin1"));
export const booleanTrue: Buffer = der(0x01, Buffer.from([0xff]));

/** @param content big-endian; its first bit is the sign. */
export const integer = (content: Uint8Array): Buffer => der(0x02, content);

/** @param unused bits at the end that do not count. */
export const bitString = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);

/** Context-specific: `[number]` in ASN.1. */
export const implicit = (number: number, content: Uint8Array): Buffer => der(0x80 | number, content);
export const explicit = (number: number, content: Uint8Array): Buffer => der(0xa0 | number, content);

/** @param dotted `2.5.4.3`. The first two numbers share a byte, the rest are written in base 128 (X.690, 8.19). */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}

/** To the second. Two digits of the year until 2049, four from then on (RFC 5280, 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+/, "").replace(/[-:T]/g, "");
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2), "latin1"))
    : der(0x18, Buffer.from(digits, "latin1"));
}
