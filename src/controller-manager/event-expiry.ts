/** Deletes Events an hour after they were last written, as `--event-ttl` of Kubernetes' API server does. */
import type { Client } from "../machinery/client.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/log.ts";
import { keyOf, parseKey, type Stored } from "../machinery/object.ts";
import { events } from "../machinery/resource.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { Event } from "../machinery/types.ts";
import type { Running } from "./run-controller.ts";

const timeToLiveMs = 3_600_000;
/** Events that fall due this soon after the first go with it: one wake-up instead of many. */
const togetherMs = 10_000;

export interface EventExpiryOptions {
  client: Client;
  clock: Clock;
  log: Logger;
}

export function startEventExpiry(options: EventExpiryOptions): Running {
  const expiry = new EventExpiry(options);
  expiry.start();
  return expiry;
}

class EventExpiry implements Running {
  readonly #options: EventExpiryOptions;
  /** When each Event is due, soonest first: written anew, it moves to the end. */
  #due = new Map<string, number>();
  #timer: Disposable | undefined;
  #watch: Disposable | undefined;
  #sweep: Promise<void> | undefined;
  #stopped = false;

  constructor(options: EventExpiryOptions) {
    this.#options = options;
  }

  start(): void {
    const { client, clock } = this.#options;
    let writtenAt = (event: Stored<Event>): number => lastTold(event);
    this.#watch = client.watch(events, ({ type, object }) => {
      const key = keyOf(object);
      this.#due.delete(key);
      if (type !== "DELETED") this.#due.set(key, writtenAt(object) + timeToLiveMs);
      this.#plan();
    });
    // What was there already was delivered above, in order of name; from here on, in order of time.
    this.#due = new Map([...this.#due].sort(([, a], [, b]) => a - b));
    writtenAt = () => clock.now();
    this.#replan();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watch?.[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
    await this.#sweep;
  }

  /** A planned wake-up stands: what was added since is due later. */
  #plan(): void {
    if (!this.#timer && !this.#sweep) this.#replan();
  }

  #replan(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#stopped) return;
    for (const due of this.#due.values()) {
      this.#timer = this.#options.clock.after(due - this.#options.clock.now(), () => this.#wake());
      return;
    }
  }

  #wake(): void {
    this.#timer = undefined;
    this.#sweep = this.#deleteDue().finally(() => {
      this.#sweep = undefined;
      this.#replan();
    });
  }

  async #deleteDue(): Promise<void> {
    const until = this.#options.clock.now() + togetherMs;
    const doomed: string[] = [];
    for (const [key, due] of this.#due) {
      if (due > until) break;
      doomed.push(key);
    }
    await Promise.all(doomed.map((key) => this.#delete(key)));
  }

  async #delete(key: string): Promise<void> {
    const { client, clock, log } = this.#options;
    this.#due.delete(key);
    try {
      await client.delete(events, parseKey(key));
    } catch (error) {
      if (StatusError.is(error, "NotFound")) return;
      log.warn({ event: key, err: error }, "an expired Event could not be deleted; trying again in an hour");
      this.#due.set(key, clock.now() + timeToLiveMs);
    }
  }
}

/** When the Event was last written, as far as it says so itself. Milliseconds since the epoch. */
function lastTold({ metadata, lastTimestamp, eventTime, series }: Stored<Event>): number {
  const times = [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime];
  return Math.max(...times.map((time) => (time ? Date.parse(time) : 0)));
}
