/** Rings once at the earliest of the times it was set to. */
import type { Clock } from "../machinery/clock.ts";

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #due = Number.POSITIVE_INFINITY;
  #timer: Disposable | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** @param at milliseconds since the epoch; a later time than one already set changes nothing. */
  set(at: number): void {
    if (at >= this.#due) return;
    this.#due = at;
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.after(at - this.#clock.now(), () => {
      this.#due = Number.POSITIVE_INFINITY;
      this.#ring();
    });
  }

  clear(): void {
    this.#timer?.[Symbol.dispose]();
    this.#due = Number.POSITIVE_INFINITY;
  }
}
