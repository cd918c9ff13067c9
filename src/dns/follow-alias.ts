/** What a name outside the cluster leads to, as records that can be put behind an ExternalName's alias. */
import { type Answer, decode, encode, RECURSION_DESIRED } from "dns-packet";
import { recordTypes } from "./message.ts";
import { parseQuery, type Query } from "./query.ts";
import type { RecordData, ResourceRecord } from "./wire.ts";

/** A question of our own for the addresses that a name leads to. */
export function aliasQuestion(name: string, type: number): { packet: Buffer; query: Query } | undefined {
  const packet = encode({
    type: "query",
    id: 0,
    flags: RECURSION_DESIRED,
    questions: [{ type: type === recordTypes.A ? "A" : "AAAA", name }],
  });
  const query = parseQuery(packet);
  return query && { packet, query };
}

/** @returns aliases and addresses in the order in which the answer has them; none when it cannot be read. */
export function recordsIn(message: Buffer): ResourceRecord[] {
  try {
    return (decode(message).answers ?? []).flatMap(recordOf);
  } catch {
    return [];
  }
}

function recordOf(answer: Answer): ResourceRecord[] {
  const data = dataOf(answer);
  return data ? [{ name: answer.name, ttl: "ttl" in answer ? (answer.ttl ?? 0) : 0, data }] : [];
}

function dataOf(answer: Answer): RecordData | undefined {
  if (answer.type === "A" || answer.type === "AAAA") return { type: answer.type, address: answer.data };
  return answer.type === "CNAME" ? { type: "CNAME", target: answer.data } : undefined;
}
