/**
 * Answers kept as bytes under the bytes of their questions, so that a question asked before costs one look-up. What
 * changes in one Service leaves the answers of all others in place.
 */

/** How long answers hold: until what they were made of changes. */
export class AnswerScopes {
  readonly #services = new Map<string, Scope>();
  #common: Scope = { holds: true };

  /** Of answers made of one Service's records alone, or (without a key) of anything else. */
  of(serviceKey?: string): Scope {
    if (serviceKey === undefined) return this.#common;
    const scope = this.#services.get(serviceKey) ?? { holds: true };
    this.#services.set(serviceKey, scope);
    return scope;
  }

  /** Ends the answers of this Service, and all that may depend on several or on none. */
  serviceChanged(serviceKey: string): void {
    const scope = this.#services.get(serviceKey);
    if (scope) scope.holds = false;
    this.#services.delete(serviceKey);
    this.othersChanged();
  }

  /** Ends the answers that are not of one Service alone. */
  othersChanged(): void {
    this.#common.holds = false;
    this.#common = { holds: true };
  }
}

interface Scope {
  holds: boolean;
}

interface Entry {
  /** The answer in several orders, taken in turn. */
  messages: readonly Buffer[];
  turn: number;
  scope: Scope;
  bytes: number;
}

/** Bytes kept of the newer answers; about as many of the older ones come on top. */
const mostBytes = 8 * 2 ** 20;
/** What an entry costs besides its messages: its key and the maps' own. */
const entryBytes = 512;

export class ReadyAnswers {
  /** Two generations: once the newer is full, it becomes the older, and what was not asked for again is forgotten. */
  #newer = new Map<string, Entry>();
  #older = new Map<string, Entry>();
  #newerBytes = 0;

  /** @param key the packet after its id. @returns the next of the answers, as it was kept: its id is another query's. */
  get(key: string): Buffer | undefined {
    let entry = this.#newer.get(key);
    if (!entry) {
      entry = this.#older.get(key);
      if (entry?.scope.holds) this.#keep(key, entry);
    }
    return entry?.scope.holds ? entry.messages[entry.turn++ % entry.messages.length] : undefined;
  }

  keep(key: string, messages: readonly Buffer[], scope: Scope): void {
    const bytes = messages.reduce((sum, message) => sum + message.length, entryBytes);
    if (bytes <= mostBytes / 8) this.#keep(key, { messages, turn: 1, scope, bytes });
  }

  #keep(key: string, entry: Entry): void {
    if (this.#newerBytes + entry.bytes > mostBytes) {
      this.#older = this.#newer;
      this.#newer = new Map();
      this.#newerBytes = 0;
    }
    this.#newerBytes += entry.bytes - (this.#newer.get(key)?.bytes ?? 0);
    this.#newer.set(key, entry);
  }
}
