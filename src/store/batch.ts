/** Writes that share one transaction, and the promise of all who wait for it. */
import type { Change } from "./change.ts";

export class Batch {
  readonly changes: Change[] = [];
  readonly committed: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor() {
    this.committed = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Everyone who waits gets the error from its own await; a batch that nobody waits for must not end the process.
    this.committed.catch(() => {});
  }

  succeed(): void {
    this.#resolve();
  }

  fail(error: Error): void {
    this.#reject(error);
  }
}
