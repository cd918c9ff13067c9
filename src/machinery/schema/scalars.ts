/** Strings with a meaning of their own: timestamps (RFC 3339) and bytes (base64, RFC 4648). */

const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * A `Time` as the API prints it: UTC, whole seconds.
 * @throws Error with the wording of Go's `time.Parse`.
 */
export function canonicalTime(text: string): string {
  return `${parseTime(text).seconds}Z`;
}

/**
 * A `MicroTime` as the API prints it: UTC, six digits of fraction.
 * @throws Error with the wording of Go's `time.Parse`.
 */
export function canonicalMicroTime(text: string): string {
  const { seconds, fraction } = parseTime(text);
  return `${seconds}.${fraction.padEnd(6, "0").slice(0, 6)}Z`;
}

function parseTime(text: string): { seconds: string; fraction: string } {
  const match = rfc3339.exec(text);
  if (!match) throw unparsable(text, text, "2006");
  const [, local = "", fraction = "", zone = "Z"] = match;
  const written = new Date(`${local}Z`);
  // Date takes the 31st of February for the 3rd of March, and midnight as 24:00.
  if (Number.isNaN(written.getTime()) || written.toISOString().slice(0, 19) !== local) {
    throw new Error(`parsing time ${JSON.stringify(text)}: day out of range`);
  }
  const seconds = zone === "Z" ? local : new Date(`${local}${zone}`).toISOString().slice(0, 19);
  return { seconds, fraction: fraction.slice(1) };
}

function unparsable(text: string, rest: string, element: string): Error {
  const [quoted, layout] = [JSON.stringify(text), JSON.stringify("2006-01-02T15:04:05Z07:00")];
  return new Error(`parsing time ${quoted} as ${layout}: cannot parse ${JSON.stringify(rest)} as "${element}"`);
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/**
 * Base64 without the line breaks that the standard allows in it.
 * @throws Error with the wording of Go's `encoding/base64`.
 */
export function canonicalBytes(text: string): string {
  if (isBase64(text)) return text;
  const joined = text.replace(/[\r\n]/g, "");
  if (isBase64(joined)) return joined;
  throw new Error(`illegal base64 data at input byte ${firstIllegalByte(joined)}`);
}

function firstIllegalByte(text: string): number {
  const strange = text.search(/[^A-Za-z0-9+/]/);
  if (strange < 0) return text.length - (text.length % 4);
  if (text[strange] !== "=" || strange % 4 < 2) return strange;
  const padding = 4 - (strange % 4);
  return text.startsWith("=".repeat(padding), strange) ? strange + padding : Math.min(strange + 1, text.length);
}
