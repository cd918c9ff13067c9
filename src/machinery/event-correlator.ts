/**
 * Decides what an occurrence becomes: a new Event, one more in an Event's count, or nothing.
 * Rule: k8s.io/client-go `tools/record` (aggregation by similarity, de-duplication, spam filter).
 */
import type { Clock } from "./clock.ts";
import { LruMap } from "./lru-map.ts";
import type { ObjectReference } from "./types.ts";

/** Objects, messages and series remembered. Bounds the memory of a component that reports on many objects. */
const remembered = 4096;
/** From so many different messages on, similar Events are combined into one. */
const differentMessages = 10;
const similarWithinMs = 600_000;
/** Events that one component may write about one object at once, and how often it earns another. */
const burst = 25;
const refillMs = 300_000;

export interface Occurrence {
  about: ObjectReference;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** The occurrences that are told as one Event. */
export interface Series {
  about: ObjectReference;
  type: "Normal" | "Warning";
  reason: string;
  /** That of the latest occurrence, marked if it stands for similar ones. */
  message: string;
  count: number;
  /** Milliseconds since the epoch. */
  first: number;
  last: number;
}

export class EventCorrelator {
  readonly #clock: Clock;
  readonly #similar = new LruMap<string, { messages: Set<string>; last: number }>(remembered);
  readonly #series = new LruMap<string, Series>(remembered);
  readonly #allowance = new LruMap<string, { tokens: number; at: number }>(remembered);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the series that now includes the occurrence (the same object each time), or undefined for spam. */
  observe(occurrence: Occurrence): Series | undefined {
    const { about, type, reason, message } = occurrence;
    const object = [about.apiVersion, about.kind, about.namespace, about.name, about.uid].join("\0");
    const group = [object, type, reason].join("\0");
    const combined = this.#isOneOfMany(group, message);
    const series = this.#countIn(combined ? group : [group, about.fieldPath, message].join("\0"), {
      ...occurrence,
      message: combined ? `(combined from similar events): ${message}` : message,
    });
    return this.#mayWrite(object) ? series : undefined;
  }

  #isOneOfMany(group: string, message: string): boolean {
    const now = this.#clock.now();
    const known = this.#similar.get(group);
    const fresh = known && now - known.last <= similarWithinMs ? known : { messages: new Set<string>(), last: now };
    fresh.last = now;
    if (fresh.messages.size < differentMessages) fresh.messages.add(message);
    this.#similar.set(group, fresh);
    // A message already told goes on being counted in its own Event until the group is full of others.
    return fresh.messages.size >= differentMessages;
  }

  #countIn(key: string, occurrence: Occurrence): Series {
    const now = this.#clock.now();
    const known = this.#series.get(key);
    if (known) {
      known.count++;
      known.last = now;
      known.message = occurrence.message;
      return known;
    }
    const series = { ...occurrence, count: 1, first: now, last: now };
    this.#series.set(key, series);
    return series;
  }

  #mayWrite(object: string): boolean {
    const now = this.#clock.now();
    const before = this.#allowance.get(object) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, before.tokens + (now - before.at) / refillMs);
    const allowed = tokens >= 1;
    this.#allowance.set(object, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed;
  }
}
