/** One question to one of the host's servers, by all the ways it takes to get a whole answer. Rule: RFC 6891 section 7, RFC 7766. */
import { randomInt } from "node:crypto";
import { exchange, type Server } from "./exchange.ts";
import { withoutOpt } from "./forwarded-answer.ts";
import { flagBits, flagsOf, headerBytes, isTruncated, questionKey, rcodeOf, rcodes } from "./message.ts";
import { largestUdpAnswer, optRecord, type Query } from "./query.ts";

/** What is asked of the host's servers: everything that their answer depends on, and nothing of the client besides. */
export interface Question {
  /** The same for equal questions, however their names are written. */
  key: string;
  /** Header and question, without an id. */
  head: Buffer;
  dnssecOk: boolean;
}

export function questionOf(packet: Buffer, { questionEnd, edns }: Query): Question {
  const head = Buffer.from(packet.subarray(0, questionEnd));
  head.writeUInt16BE(0, 0);
  const asked = flagBits.recursionDesired | flagBits.authenticData | flagBits.checkingDisabled;
  head.writeUInt16BE(flagsOf(packet) & asked, 2);
  head.fill(0, 6, headerBytes);
  const dnssecOk = edns?.dnssecOk ?? false;
  return { key: `${flagsOf(head)} ${dnssecOk} ${questionKey(head, questionEnd)}`, head, dnssecOk };
}

/**
 * Asks with EDNS, without it where the server does not know it, and over TCP where UDP is too small.
 * @returns the answer without its OPT record; its id is not the client's.
 * @throws when the server refuses the connection, makes no sense, or `signal` aborts.
 */
export async function askServer(server: Server, question: Question, signal: AbortSignal): Promise<Buffer> {
  let query = withEdns(question);
  const questionEnd = question.head.length;
  let answer = await exchange(server, query, questionEnd, "udp", signal);
  if (knowsNoEdns(answer)) {
    query = withNewId(question.head);
    answer = await exchange(server, query, questionEnd, "udp", signal);
  }
  if (isTruncated(answer)) answer = await exchange(server, withNewId(query), questionEnd, "tcp", signal);
  const whole = answer.readUInt16BE(4) === 1 ? withoutOpt(answer, questionEnd) : undefined;
  if (!whole) throw new Error(`${server.address} gave no answer that can be read`);
  return whole;
}

function withEdns({ head, dnssecOk }: Question): Buffer {
  const query = withNewId(head);
  query.writeUInt16BE(1, 10);
  return Buffer.concat([query, optRecord(largestUdpAnswer, dnssecOk)]);
}

/** An id that is hard to guess, as is the port (RFC 5452). */
function withNewId(packet: Buffer): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt16BE(randomInt(0x10000), 0);
  return copy;
}

function knowsNoEdns(answer: Buffer): boolean {
  const rcode = rcodeOf(answer);
  return rcode === rcodes.FORMERR || rcode === rcodes.NOTIMP;
}
