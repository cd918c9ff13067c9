/** Answers of other servers, remembered for as long as they say, with a limit. */
import type { Clock } from "../machinery/clock.ts";
import { lifetimeOf } from "./message.ts";
import { headerBytes } from "./wire.ts";

/** As in the CoreDNS configuration of a kubeadm cluster (`cache 30`). */
const longestSeconds = 30;
const mostAnswers = 8_192;

interface Entry {
  message: Buffer;
  ttlPlaces: readonly number[];
  stored: number;
  expires: number;
}

export class AnswerCache {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The remembered answer with this query's id and question and the time passed taken off its TTLs. */
  get(key: string, query: Buffer, questionEnd: number): Buffer | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const now = this.#clock.now();
    if (now >= entry.expires) {
      this.#entries.delete(key);
      return undefined;
    }
    const answer = Buffer.from(entry.message);
    query.copy(answer, 0, 0, 2);
    query.copy(answer, headerBytes, headerBytes, questionEnd);
    const passed = Math.floor((now - entry.stored) / 1000);
    for (const place of entry.ttlPlaces) answer.writeUInt32BE(Math.max(0, answer.readUInt32BE(place) - passed), place);
    return answer;
  }

  /** Remembers the answer if it may be. */
  put(key: string, message: Buffer, questionEnd: number): void {
    const lifetime = lifetimeOf(message, questionEnd);
    if (!lifetime || lifetime.seconds === 0) return;
    const stored = this.#clock.now();
    const expires = stored + Math.min(lifetime.seconds, longestSeconds) * 1000;
    this.#entries.delete(key);
    this.#entries.set(key, { message, ttlPlaces: lifetime.ttlPlaces, stored, expires });
    if (this.#entries.size <= mostAnswers) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
