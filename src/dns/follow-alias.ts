/** What a name outside the cluster leads to, as records that can be put behind an ExternalName's alias. */
import { type Answer, decode, encode, RECURSION_DESIRED } from "dns-packet";
import type { Forwarder } from "./forwarder.ts";
import { isTruncated } from "./message.ts";
import { type ResourceRecord, recordTypes } from "./wire.ts";

/** @returns aliases and addresses in the order in which the answer has them; none for other types, or when nobody answered. */
export async function addressesOf(forwarder: Forwarder, name: string, type: number): Promise<ResourceRecord[]> {
  if (type !== recordTypes.A && type !== recordTypes.AAAA) return [];
  const question = encode({
    type: "query",
    id: 0,
    flags: RECURSION_DESIRED,
    questions: [{ type: type === recordTypes.A ? "A" : "AAAA", name }],
  });
  let answer = await forwarder.ask(question, question.length, "udp");
  if (answer && isTruncated(answer)) answer = await forwarder.ask(question, question.length, "tcp");
  return answer ? recordsIn(answer) : [];
}

function recordsIn(message: Buffer): ResourceRecord[] {
  try {
    return (decode(message).answers ?? []).flatMap(recordOf);
  } catch {
    // A message that cannot be read tells nothing.
    return [];
  }
}

function recordOf(answer: Answer): ResourceRecord[] {
  if (answer.type === "A" || answer.type === "AAAA") {
    return [{ name: answer.name, ttl: answer.ttl ?? 0, data: { type: answer.type, address: answer.data } }];
  }
  if (answer.type !== "CNAME") return [];
  return [{ name: answer.name, ttl: answer.ttl ?? 0, data: { type: "CNAME", target: answer.data } }];
}
