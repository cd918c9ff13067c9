/** Answers of other servers, remembered for as long as they say, with limits. */
import type { Clock } from "../machinery/clock.ts";
import { lifetimeOf } from "./lifetime.ts";

/** As in the CoreDNS configuration of a kubeadm cluster (`cache 30`). */
const longestSeconds = 30;
/** Room for the messages, and what one costs besides its own bytes. */
const mostBytes = 8 * 2 ** 20;
const entryBytes = 512;

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
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A copy of the remembered answer, with the time passed taken off its TTLs. */
  get(key: string): Buffer | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const now = this.#clock.now();
    if (now >= entry.expires) {
      this.#forget(key, entry);
      return undefined;
    }
    const answer = Buffer.from(entry.message);
    const passed = Math.floor((now - entry.stored) / 1000);
    for (const place of entry.ttlPlaces) answer.writeUInt32BE(Math.max(0, answer.readUInt32BE(place) - passed), place);
    return answer;
  }

  /** Remembers the answer if it may be. */
  put(key: string, answer: Buffer, questionEnd: number): void {
    const lifetime = lifetimeOf(answer, questionEnd);
    if (!lifetime || lifetime.seconds === 0 || answer.length > mostBytes / 16) return;
    const before = this.#entries.get(key);
    if (before) this.#forget(key, before);
    const stored = this.#clock.now();
    const expires = stored + Math.min(lifetime.seconds, longestSeconds) * 1000;
    this.#entries.set(key, { message: answer, ttlPlaces: lifetime.ttlPlaces, stored, expires });
    this.#bytes += answer.length + entryBytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= mostBytes) return;
      this.#forget(oldest, entry);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #forget(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.message.length + entryBytes;
  }
}
