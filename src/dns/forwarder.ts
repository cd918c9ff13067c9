/**
 * Asks the host's DNS servers what is not the cluster's to answer: one after the other while none has answered, each
 * question once however many ask it.
 */
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/log.ts";
import { AnswerCache } from "./answer-cache.ts";
import type { Server } from "./exchange.ts";
import { LoopGuard } from "./loop-guard.ts";
import { type Rcode, rcodeOf, rcodes } from "./message.ts";
import type { Query } from "./query.ts";
import { askServer, type Question, questionOf } from "./upstream.ts";

/** A server that has not answered for so long gets company. */
const nextServerMs = 700;
/** Everybody has had time to answer. Below the 5 s after which resolvers give up or ask again. */
const limitMs = 2_800;
/** While no server answers at all, clients need not wait so long to hear it. */
const limitWhileDownMs = 300;
/** How long "no server answers" is taken for granted, and a late server asked last. */
const downMs = 10_000;
/** As in the CoreDNS configuration of a kubeadm cluster (`max_concurrent 1000`): each has a socket. */
const mostAtOnce = 1_000;

export interface ForwarderOptions {
  /** The same array until the servers change. */
  servers: () => Promise<readonly string[]>;
  /** Where the servers' addresses are from, for messages. */
  source: string;
  clock: Clock;
  log: Logger;
  /** 53 if absent. */
  port?: number;
}

/** A question under way. */
interface Asked {
  answer: Promise<Buffer | undefined>;
  /** It was asked once more: by another client, or it is our own and went round. */
  repeated: boolean;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #cache: AnswerCache;
  readonly #loops: LoopGuard;
  readonly #asked = new Map<string, Asked>();
  /** Servers that let others answer first → until when they are asked last. */
  readonly #late = new Map<string, number>();
  #servers: readonly string[] = [];
  #downUntil = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#cache = new AnswerCache(options.clock);
    this.#loops = new LoopGuard(options);
  }

  /** @returns an answer without an OPT record and with any id; or the code that says why there is none. */
  async ask(packet: Buffer, query: Query): Promise<Buffer | Rcode> {
    if (this.#loops.isProbe(query.name)) return rcodes.REFUSED;
    const servers = await this.#currentServers();
    const question = questionOf(packet, query);
    const remembered = this.#cache.get(question.key);
    if (remembered) return remembered;
    const asked = this.#asked.get(question.key);
    if (asked) asked.repeated = true;
    else if (this.#asked.size >= mostAtOnce) return rcodes.REFUSED;
    return (await (asked ?? this.#ask(question, servers)).answer) ?? rcodes.SERVFAIL;
  }

  #ask(question: Question, servers: readonly Server[]): Asked {
    const asked: Asked = { answer: Promise.resolve(undefined), repeated: false };
    this.#asked.set(question.key, asked);
    asked.answer = this.#askServers(question, servers, asked)
      .then((answer) => {
        if (answer) this.#cache.put(question.key, answer, question.head.length);
        return answer;
      })
      .finally(() => this.#asked.delete(question.key));
    return asked;
  }

  /** Other servers may give other answers (a VPN's name exists now): what was remembered counts no more. */
  async #currentServers(): Promise<readonly Server[]> {
    const { servers, clock, port = 53 } = this.#options;
    const addresses = await servers();
    if (addresses !== this.#servers) {
      this.#servers = addresses;
      this.#cache.clear();
      this.#loops.forget();
      this.#late.clear();
      this.#downUntil = 0;
    }
    const now = clock.now();
    const isLate = (address: string): number => ((this.#late.get(address) ?? 0) > now ? 1 : 0);
    const inOrder = [...addresses].sort((a, b) => isLate(a) - isLate(b));
    return this.#loops.allowed(inOrder.map((address) => ({ address, port })));
  }

  async #askServers(question: Question, servers: readonly Server[], asked: Asked): Promise<Buffer | undefined> {
    if (servers.length === 0) return undefined;
    const { clock } = this.#options;
    const down = clock.now() < this.#downUntil;
    const end = new AbortController();
    const answer = await new Promise<Buffer | undefined>((resolve) => {
      let waiting: Disposable | undefined;
      let failures = 0;
      let next = 0;
      let complaint: Buffer | undefined;
      const silent = new Set<string>();
      const failed = (): void => {
        // Those who were not needed any more fail too, when they are given up.
        if (end.signal.aborted) return;
        if (++failures === servers.length) resolve(complaint);
        else if (!down) askNext();
      };
      const askNext = (): void => {
        waiting?.[Symbol.dispose]();
        const server = servers[next++];
        if (!server) return;
        askServer(server, question, end.signal).then((message) => {
          if (rcodeOf(message) === rcodes.SERVFAIL || rcodeOf(message) === rcodes.REFUSED) {
            complaint ??= message;
            return failed();
          }
          for (const late of silent) if (late !== server.address) this.#late.set(late, clock.now() + downMs);
          resolve(message);
        }, failed);
        waiting = clock.after(nextServerMs, () => {
          silent.add(server.address);
          if (asked.repeated) void this.#loops.examine(server);
          askNext();
        });
      };
      const timer = clock.after(down ? limitWhileDownMs : limitMs, () => {
        // Only a question that had all its time tells that nobody is there.
        if (!down && !complaint) this.#downUntil = clock.now() + downMs;
        resolve(complaint);
      });
      end.signal.addEventListener("abort", () => {
        timer[Symbol.dispose]();
        waiting?.[Symbol.dispose]();
      });
      askNext();
      // Nobody is waited for: whoever is back first answers.
      while (down && next < servers.length) askNext();
    });
    end.abort();
    if (answer) this.#downUntil = 0;
    return answer;
  }
}
