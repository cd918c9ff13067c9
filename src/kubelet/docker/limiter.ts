/** At most so many at once, the rest in order of arrival. */
export class Limiter {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  /** Served before the others. */
  readonly #first: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#runFrom(this.#waiting, work);
  }

  /** Goes before everything that waits in {@link run}: for work that ends what was begun there. */
  runFirst<T>(work: () => Promise<T>): Promise<T> {
    return this.#runFrom(this.#first, work);
  }

  async #runFrom<T>(queue: (() => void)[], work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#first.shift() ?? this.#waiting.shift();
      // A permit is handed on, never put back and taken again: nobody can slip in between.
      if (next) next();
      else this.#free++;
    }
  }
}
