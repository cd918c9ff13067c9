/**
 * Asks the host's DNS servers what is not the cluster's to answer: one after the other while none has answered, each
 * question once however many ask it. That also ends loops: a question that comes back round waits for its own answer.
 */
import { randomInt } from "node:crypto";
import type { Clock } from "../machinery/clock.ts";
import { AnswerCache } from "./answer-cache.ts";
import { exchange, type Transport } from "./exchange.ts";
import { rcodeOf } from "./message.ts";
import { headerBytes, rcodes } from "./wire.ts";

/** A server that has not answered for so long gets company. */
const nextServerMs = 700;
/** Everybody has had time to answer. Below the 5 s after which resolvers give up or ask again. */
const limitMs = 2_800;
/** While no server answers at all, clients need not wait so long to hear it. */
const limitWhileDownMs = 300;
/** How long "no server answers" is taken for granted. */
const downMs = 10_000;

export interface ForwarderOptions {
  servers: () => Promise<readonly string[]>;
  clock: Clock;
  /** 53 if absent. */
  port?: number;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #cache: AnswerCache;
  readonly #asked = new Map<string, Promise<Buffer | undefined>>();
  #downUntil = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#cache = new AnswerCache(options.clock);
  }

  /**
   * @param query the client's packet.
   * @returns the answer with the query's own id, or undefined when nobody answered.
   */
  async ask(query: Buffer, questionEnd: number, transport: Transport): Promise<Buffer | undefined> {
    const key = keyOf(query, questionEnd, transport);
    const remembered = this.#cache.get(key, query, questionEnd);
    if (remembered) return remembered;
    let asked = this.#asked.get(key);
    if (!asked) {
      asked = this.#askServers(query, questionEnd, transport).finally(() => this.#asked.delete(key));
      this.#asked.set(key, asked);
      const answer = await asked;
      if (answer) this.#cache.put(key, answer, questionEnd);
    }
    const answer = await asked;
    if (!answer) return undefined;
    const own = Buffer.from(answer);
    query.copy(own, 0, 0, 2);
    query.copy(own, headerBytes, headerBytes, questionEnd);
    return own;
  }

  async #askServers(query: Buffer, questionEnd: number, transport: Transport): Promise<Buffer | undefined> {
    const servers = await this.#options.servers();
    if (servers.length === 0) return undefined;
    const { clock, port = 53 } = this.#options;
    const packet = Buffer.from(query);
    packet.writeUInt16BE(randomInt(0x10000), 0);
    const limit = clock.now() < this.#downUntil ? limitWhileDownMs : limitMs;
    const end = new AbortController();
    const answer = await new Promise<Buffer | undefined>((resolve) => {
      let waiting: Disposable | undefined;
      let failures = 0;
      let next = 0;
      let complaint: Buffer | undefined;
      const failed = (): void => {
        // Those who were not needed any more fail too, when they are given up.
        if (end.signal.aborted) return;
        if (++failures === servers.length) resolve(complaint);
        else askNext();
      };
      const askNext = (): void => {
        waiting?.[Symbol.dispose]();
        const address = servers[next++];
        if (address === undefined) return;
        exchange({ address, port }, packet, questionEnd, transport, end.signal).then((message) => {
          if (rcodeOf(message) !== rcodes.SERVFAIL && rcodeOf(message) !== rcodes.REFUSED) return resolve(message);
          complaint ??= message;
          failed();
        }, failed);
        waiting = clock.after(nextServerMs, askNext);
      };
      const timer = clock.after(limit, () => resolve(complaint));
      end.signal.addEventListener("abort", () => {
        timer[Symbol.dispose]();
        waiting?.[Symbol.dispose]();
      });
      askNext();
    });
    end.abort();
    this.#downUntil = answer ? 0 : clock.now() + downMs;
    return answer;
  }
}

/** All of the packet but its id, without regard to the case of the name. */
function keyOf(query: Buffer, questionEnd: number, transport: Transport): string {
  const question = query.toString("latin1", 2, questionEnd).toLowerCase();
  return `${transport} ${question}${query.toString("latin1", questionEnd)}`;
}
