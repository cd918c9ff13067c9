/**
 * A place to decide writes without making them: what is put or removed here is seen by later decisions here, and by nobody
 * else. So several writes that depend on each other can be tried together.
 */
import { deepFreeze, type KubeObject, type Stored } from "../machinery/object.ts";
import { type ObjectReader, StagedState } from "./staged-state.ts";
import type { Store, WriteStore } from "./store.ts";

type AnyObject = Stored<KubeObject>;

export class Rehearsal implements WriteStore {
  readonly #store: Pick<Store, "staged" | "stagedRevision">;
  readonly #state: StagedState;
  readonly #begun: number;
  #writes = 0;

  constructor(store: Pick<Store, "staged" | "stagedRevision">) {
    this.#store = store;
    this.#state = new StagedState(store.staged);
    this.#begun = store.stagedRevision;
  }

  /** Whether nothing has been written since the rehearsal began: the same writes are then decided the same way. */
  get isCurrent(): boolean {
    return this.#store.stagedRevision === this.#begun;
  }

  get staged(): ObjectReader {
    return this.#state;
  }

  put(resource: string, object: AnyObject): Promise<AnyObject> {
    this.#state.set(resource, this.#written(object));
    return Promise.resolve(object);
  }

  remove(resource: string, last: AnyObject): Promise<AnyObject> {
    this.#state.delete(resource, this.#written(last));
    return Promise.resolve(last);
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  /** With the revision it would get. */
  #written(object: AnyObject): AnyObject {
    object.metadata.resourceVersion = String(this.#begun + ++this.#writes);
    return deepFreeze(object);
  }
}
