/** Answers of other servers, made to fit what the client asked. Rule: RFC 6891 section 6 (EDNS is between neighbours). Pure. */
import { flagBits, flagsOf, headerBytes, recordPlaces, recordTypes } from "./message.ts";
import { largestUdpAnswer, optRecord, type Query } from "./query.ts";

/**
 * The message without its OPT record, which was meant for us.
 * @returns undefined when it cannot be read to its end.
 */
export function withoutOpt(message: Buffer, questionEnd: number): Buffer | undefined {
  const places = recordPlaces(message, questionEnd);
  if (!places) return undefined;
  const additional = places.filter(({ section }) => section === "additional");
  const at = additional.findIndex(({ type }) => type === recordTypes.OPT);
  const opt = additional[at];
  // It comes last, as a rule. What follows may be left out: names could refer into what lies between.
  const kept = Buffer.from(message.subarray(0, opt ? opt.start : (places.at(-1)?.end ?? questionEnd)));
  kept.writeUInt16BE(opt ? at : additional.length, 10);
  return kept;
}

/**
 * @param answer without an OPT record.
 * @param limit the largest message that the client takes, in bytes.
 * @returns the answer with the query's id and its way of writing the name; where it does not fit, the question with the TC bit.
 */
export function fitForwarded(answer: Buffer, packet: Buffer, query: Query, limit: number): Buffer {
  const { edns, questionEnd } = query;
  const opt = edns ? optRecord(largestUdpAnswer, edns.dnssecOk) : Buffer.alloc(0);
  const fits = answer.length + opt.length <= limit;
  const result = Buffer.concat([fits ? answer : answer.subarray(0, questionEnd), opt]);
  packet.copy(result, 0, 0, 2);
  packet.copy(result, headerBytes, headerBytes, questionEnd);
  const asked = flagBits.recursionDesired | flagBits.checkingDisabled;
  const given = flagsOf(answer) & ~(asked | flagBits.authoritative | flagBits.truncated);
  const flags = given | (flagsOf(packet) & asked) | flagBits.recursionAvailable | (fits ? 0 : flagBits.truncated);
  result.writeUInt16BE(flags, 2);
  if (!fits) result.fill(0, 6, headerBytes);
  result.writeUInt16BE((fits ? answer.readUInt16BE(10) : 0) + (edns ? 1 : 0), 10);
  return result;
}
