/** Works through keys: a few at a time, each again after a back-off when its work failed. */
import type { Clock } from "../machinery/clock.ts";
import type { Requeue } from "../machinery/controller.ts";
import type { Logger } from "../machinery/log.ts";
import { StatusError } from "../machinery/status-error.ts";
import { WorkQueue } from "../machinery/work-queue.ts";

/** How long keys that need no writes are worked through in one go before others get their turn of the event loop. */
const sliceMs = 5;

export interface KeyWorkerOptions {
  clock: Clock;
  log: Logger;
  /** Keys worked on at once. */
  concurrency: number;
  /** An error means again, after a back-off. */
  work(key: string): Promise<Requeue | void>;
}

export class KeyWorker {
  readonly #options: KeyWorkerOptions;
  readonly #queue: WorkQueue;
  readonly #running = new Set<Promise<void>>();
  #scheduled = false;
  #sliceEnd = 0;
  #stopped = false;

  constructor(options: KeyWorkerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock);
    this.#queue.onReady = () => this.#schedule();
  }

  add(key: string): void {
    if (!this.#stopped) this.#queue.add(key);
  }

  /** Takes no more keys; resolves when the work under way is done, or after `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    this.#stopped = true;
    this.#queue.clear();
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      const limit = this.#options.clock.after(limitMs, resolve);
      void Promise.all(this.#running).then(() => {
        limit[Symbol.dispose]();
        resolve();
      });
    });
  }

  /** Work begins in a turn of its own: keys come from watch handlers, which must be quick. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#sliceEnd = performance.now() + sliceMs;
      this.#startReady();
    });
  }

  #startReady(): void {
    while (!this.#stopped && this.#running.size < this.#options.concurrency) {
      const key = this.#queue.take();
      if (key === undefined) return;
      const run = this.#run(key).finally(() => {
        this.#running.delete(run);
        if (this.#queue.size === 0) return;
        if (performance.now() < this.#sliceEnd) this.#startReady();
        else this.#schedule();
      });
      this.#running.add(run);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      const requeue = await this.#options.work(key);
      this.#queue.forget(key);
      if (requeue && !this.#stopped) this.#queue.addAfter(key, requeue.requeueAfterMs);
    } catch (error) {
      this.#report(key, error);
      if (!this.#stopped) this.#queue.addAfterFailure(key);
    } finally {
      this.#queue.done(key);
    }
  }

  #report(key: string, error: unknown): void {
    const { log } = this.#options;
    // Somebody else wrote first: everyday, and the next round sees it.
    if (StatusError.is(error, "Conflict")) log.debug({ key, error: error.message }, "conflict; trying again");
    else log.warn({ key, err: error }, "reconcile failed; trying again");
  }
}
