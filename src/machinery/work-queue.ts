/**
 * A queue of keys that never holds a key twice and never hands a key to two workers at once; a key added while it
 * is being worked on is handed out again afterwards. Rule: k8s.io/client-go `util/workqueue`.
 */
import type { Clock } from "./clock.ts";

export class WorkQueue {
  readonly #clock: Clock;
  readonly #ready = new Set<string>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, { due: number; timer: Disposable }>();
  readonly #failures = new Map<string, number>();
  #onReady: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Called whenever a key becomes ready. One consumer only. */
  set onReady(callback: () => void) {
    this.#onReady = callback;
  }

  get size(): number {
    return this.#ready.size;
  }

  add(key: string): void {
    this.#cancelDelay(key);
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    if (this.#ready.has(key)) return;
    this.#ready.add(key);
    this.#onReady();
  }

  /** Adds the key after `ms`; an earlier appointment for the same key stands. */
  addAfter(key: string, ms: number): void {
    if (ms <= 0) return this.add(key);
    const due = this.#clock.now() + ms;
    const planned = this.#delayed.get(key);
    if (planned && planned.due <= due) return;
    planned?.timer[Symbol.dispose]();
    const timer = this.#clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { due, timer });
  }

  /** Adds the key after a delay that doubles with each failure in a row: 5 ms up to 60 s. */
  addAfterFailure(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(5 * 2 ** failures, 60_000));
  }

  /** Ends the key's row of failures. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, which must be given back with {@link done}. Undefined when none is ready. */
  take(): string | undefined {
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#working.add(key);
      return key;
    }
    return undefined;
  }

  done(key: string): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Forgets everything planned or ready. */
  clear(): void {
    for (const { timer } of this.#delayed.values()) timer[Symbol.dispose]();
    this.#delayed.clear();
    this.#ready.clear();
    this.#again.clear();
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.timer[Symbol.dispose]();
    this.#delayed.delete(key);
  }
}
