/** How long an answer of another server may be remembered. Rule: RFC 2181 section 8, RFC 2308 section 5. Pure. */
import { isTruncated, rcodeOf, rcodes, recordPlaces, recordTypes } from "./message.ts";

export interface Lifetime {
  /** Seconds that the message may be remembered. */
  seconds: number;
  /** Where the TTLs of its records are. */
  ttlPlaces: readonly number[];
}

const soaFixedBytes = 22;

/** @returns undefined for anything but a whole positive or negative answer, and for what cannot be read. */
export function lifetimeOf(message: Buffer, questionEnd: number): Lifetime | undefined {
  const rcode = rcodeOf(message);
  if ((rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN) || isTruncated(message)) return undefined;
  const places = recordPlaces(message, questionEnd);
  if (!places) return undefined;
  const ttlPlaces: number[] = [];
  let seconds = Number.POSITIVE_INFINITY;
  let soa: number | undefined;
  for (const { type, classAt, end, section } of places) {
    if (type === recordTypes.OPT) continue;
    const ttlAt = classAt + 2;
    ttlPlaces.push(ttlAt);
    seconds = Math.min(seconds, ttlOf(message.readUInt32BE(ttlAt)));
    // The last field of an SOA record limits how long "there is none" holds.
    if (type === recordTypes.SOA && section === "authority" && end - classAt >= soaFixedBytes) {
      soa = message.readUInt32BE(end - 4);
    }
  }
  const negative = rcode === rcodes.NXDOMAIN || !places.some(({ section }) => section === "answer");
  if (negative && soa === undefined) return undefined;
  return { seconds: Math.min(seconds, soa ?? seconds), ttlPlaces };
}

/** Seconds; what has the highest bit set counts as 0. */
function ttlOf(value: number): number {
  return value >= 2 ** 31 ? 0 : value;
}
