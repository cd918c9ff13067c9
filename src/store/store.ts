/**
 * The cluster's objects: in memory for reading, in an append-only log in SQLite for ever.
 *
 * A write is decided synchronously against {@link Store.staged}, which includes writes that are not on disk yet; then
 * `put` or `remove` stages it, and its promise resolves once it is on disk. Writes staged in the same turn of the event
 * loop share one transaction and one fsync (group commit). Reads and watches see only what is committed.
 */
import { deepFreeze, type KubeObject, type Stored } from "../machinery/object.ts";
import { StatusError } from "../machinery/status-error.ts";
import { Batch } from "./batch.ts";
import type { Change } from "./change.ts";
import { Log } from "./log.ts";
import { ObjectIndex } from "./object-index.ts";
import { byNamespaceAndName, type ObjectReader, StagedState } from "./staged-state.ts";
import { type Subscriber, Subscribers } from "./subscribers.ts";

type AnyObject = Stored<KubeObject>;

export interface StoreOptions {
  /** Revisions that a watch may go back. 10,000 if absent. */
  history?: number;
}

/** How many revisions beyond the history gather before a compaction, so that it is seldom. */
const compactionSlack = 1_000;

/** A fresh log begins here, because clients read resourceVersion "0" as "any". */
const firstRevision = 1;

/** What deciding a write needs: the {@link Store}, or a {@link Rehearsal} on it. */
export type WriteStore = Pick<Store, "staged" | "put" | "remove" | "settled">;

export type { ObjectReader };

export class Store {
  readonly #log: Log;
  readonly #history: number;
  readonly #objects = new ObjectIndex();
  readonly #stagedState = new StagedState(this.#objects);
  readonly #subscribers = new Subscribers();
  #batch: Batch | undefined;
  #committedRevision: number;
  #onCommit: () => void = () => {};
  #closed = false;

  /** @param path the database file, or `:memory:`. @throws Error with cause and file when it cannot be opened. */
  constructor(path: string, options: StoreOptions = {}) {
    this.#log = new Log(path);
    this.#history = options.history ?? 10_000;
    // In order, so that the index need not make room between names.
    const current = [...this.#log.current()].sort((a, b) => byNamespaceAndName(a.object, b.object));
    for (const { resource, object } of current) this.#objects.set(resource, deepFreeze(object));
    this.#committedRevision = Math.max(firstRevision, this.#log.newest);
  }

  /** The newest revision that is on disk. */
  get revision(): number {
    return this.#committedRevision;
  }

  /** The revision of the newest write that is decided, on disk or not. */
  get stagedRevision(): number {
    return this.#committedRevision + (this.#batch?.changes.length ?? 0);
  }

  /** Changes up to this revision can no longer be told. */
  get compactedRevision(): number {
    return this.#log.compacted;
  }

  /** What is on disk. */
  get committed(): ObjectReader {
    return this.#objects;
  }

  /** What is on disk or decided: the state in which a write is decided. */
  get staged(): ObjectReader {
    return this.#stagedState;
  }

  /** Number of objects per resource. */
  counts(): Map<string, number> {
    return this.#objects.counts();
  }

  /**
   * Creates or replaces the object, which the store takes over, completes with its resourceVersion and freezes.
   * @returns the object as stored, once it is on disk.
   * @throws StatusError 500 when it could not be written; then nothing has changed.
   */
  async put(resource: string, object: AnyObject): Promise<AnyObject> {
    const previous = this.#stagedState.get(resource, object.metadata);
    const committed = this.#stage(resource, previous ? "MODIFIED" : "ADDED", object, previous);
    this.#stagedState.set(resource, object);
    await committed;
    return object;
  }

  /**
   * Removes the object; `last` is the state that watchers of the deletion are shown.
   * @returns the last state with the deletion's resourceVersion, once it is on disk.
   */
  async remove(resource: string, last: AnyObject): Promise<AnyObject> {
    const previous = this.#stagedState.get(resource, last.metadata);
    const committed = this.#stage(resource, "DELETED", last, previous);
    this.#stagedState.delete(resource, last);
    await committed;
    return last;
  }

  /** Resolves when everything staged so far is on disk; rejects when that failed. */
  async settled(): Promise<void> {
    await this.#batch?.committed;
  }

  /** Tells of each change of the resource after the present committed state, in order, until disposed. */
  subscribe(resource: string, subscriber: Subscriber): Disposable {
    return this.#subscribers.add(resource, this.#committedRevision, subscriber);
  }

  /**
   * Changes of one resource after a revision up to the present, in order.
   * @throws StatusError 410 Expired when the log no longer reaches back so far.
   */
  changesAfter(resource: string, revision: number): Change[] {
    if (revision >= this.#committedRevision) return [];
    if (revision < this.#log.compacted) {
      throw StatusError.expired(`too old resource version: ${revision} (${this.#log.compacted})`);
    }
    return this.#log.after(resource, revision);
  }

  /** Calls `listener` after every commit. One listener only. */
  onCommit(listener: () => void): void {
    this.#onCommit = listener;
  }

  /** Writes what is staged and closes the file. */
  close(): void {
    if (this.#closed) return;
    this.#commit();
    this.#closed = true;
    this.#log.close();
  }

  #stage(resource: string, type: Change["type"], object: AnyObject, previous: AnyObject | undefined): Promise<void> {
    if (this.#closed) return Promise.reject(StatusError.serviceUnavailable("the API server is shutting down"));
    const batch = (this.#batch ??= this.#newBatch());
    const revision = this.stagedRevision + 1;
    object.metadata.resourceVersion = String(revision);
    deepFreeze(object);
    batch.changes.push({ revision, resource, type, object, ...(previous && { previous }) });
    return batch.committed;
  }

  #newBatch(): Batch {
    // After the I/O callbacks of this turn, so that all requests read in it share the transaction.
    setImmediate(() => this.#commit());
    return new Batch();
  }

  #commit(): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = undefined;
    this.#stagedState.clear();
    try {
      this.#log.append(batch.changes, this.#compactTo(batch.changes.length));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      batch.fail(StatusError.internal(`the change could not be written to disk and was undone: ${why}`));
      return;
    }
    try {
      this.#publish(batch.changes);
    } finally {
      // Whatever befell those who were told: it is on disk.
      batch.succeed();
    }
  }

  #publish(changes: readonly Change[]): void {
    for (const { type, resource, object, revision } of changes) {
      if (type === "DELETED") this.#objects.delete(resource, object.metadata);
      else this.#objects.set(resource, object);
      this.#committedRevision = revision;
    }
    for (const change of changes) this.#subscribers.tell(change);
    this.#onCommit();
  }

  #compactTo(added: number): number | undefined {
    const oldest = this.#committedRevision + added - this.#history;
    return oldest - this.#log.compacted > compactionSlack ? oldest : undefined;
  }
}
