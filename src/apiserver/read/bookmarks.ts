/**
 * Tells watchers once a minute how far the log has come, so that they can resume there after a break instead of listing
 * again. While nothing is written, there is no timer either.
 */
import type { Clock } from "../../machinery/clock.ts";

const intervalMs = 60_000;

interface Watcher {
  tell(revision: number): void;
  onFailure(error: unknown): void;
}

export class Bookmarks {
  readonly #clock: Clock;
  readonly #revision: () => number;
  readonly #watchers = new Set<Watcher>();
  #timer: Disposable | undefined;
  #told: number;

  constructor(clock: Clock, revision: () => number) {
    this.#clock = clock;
    this.#revision = revision;
    this.#told = revision();
  }

  add(tell: (revision: number) => void, onFailure: (error: unknown) => void): Disposable {
    const watcher = { tell, onFailure };
    this.#watchers.add(watcher);
    this.advanced();
    return {
      [Symbol.dispose]: () => {
        this.#watchers.delete(watcher);
        if (this.#watchers.size === 0) this.stop();
      },
    };
  }

  /** The log has grown: bookmarks are due. */
  advanced(): void {
    if (this.#timer || this.#watchers.size === 0) return;
    this.#timer = this.#clock.after(intervalMs, () => this.#send());
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #send(): void {
    this.#timer = undefined;
    const revision = this.#revision();
    if (revision === this.#told) return;
    this.#told = revision;
    for (const watcher of this.#watchers) {
      try {
        watcher.tell(revision);
      } catch (error) {
        this.#watchers.delete(watcher);
        watcher.onFailure(error);
      }
    }
  }
}
