/** Writes that are decided but not yet on disk, laid over the committed state. */
import { type KubeObject, keyOf, type ObjectKey, parseKey, type Stored } from "../machinery/object.ts";

type AnyObject = Stored<KubeObject>;

/** A read-only face of the objects at one stage. Lists are in order of namespace and name. */
export interface ObjectReader {
  get(resource: string, key: ObjectKey): AnyObject | undefined;
  list(resource: string, namespace?: string): readonly AnyObject[];
}

export class StagedState implements ObjectReader {
  readonly #committed: ObjectReader;
  /** Per resource and key: the object, or undefined where it is deleted. */
  readonly #staged = new Map<string, Map<string, AnyObject | undefined>>();

  constructor(committed: ObjectReader) {
    this.#committed = committed;
  }

  get(resource: string, key: ObjectKey): AnyObject | undefined {
    const staged = this.#staged.get(resource);
    if (staged) {
      const id = key.namespace ? `${key.namespace}/${key.name}` : key.name;
      if (staged.has(id)) return staged.get(id);
    }
    return this.#committed.get(resource, key);
  }

  /** In order of namespace and name. */
  list(resource: string, namespace?: string): readonly AnyObject[] {
    const committed = this.#committed.list(resource, namespace);
    const staged = this.#staged.get(resource);
    if (!staged) return committed;
    return merge(committed, changesIn(staged, namespace));
  }

  set(resource: string, object: AnyObject): void {
    this.#of(resource).set(keyOf(object), object);
  }

  delete(resource: string, object: AnyObject): void {
    this.#of(resource).set(keyOf(object), undefined);
  }

  clear(): void {
    this.#staged.clear();
  }

  #of(resource: string): Map<string, AnyObject | undefined> {
    const staged = this.#staged.get(resource) ?? new Map<string, AnyObject | undefined>();
    this.#staged.set(resource, staged);
    return staged;
  }
}

/** What is staged for one object. */
interface Change extends ObjectKey {
  /** Absent where it is deleted. */
  object: AnyObject | undefined;
}

/** In the order of lists. */
function changesIn(staged: ReadonlyMap<string, AnyObject | undefined>, namespace: string | undefined): Change[] {
  const changes: Change[] = [];
  for (const [id, object] of staged) {
    const key = parseKey(id);
    if (namespace === undefined || (key.namespace ?? "") === namespace) changes.push({ ...key, object });
  }
  return changes.sort(compareKeys);
}

/** Both in order. Few are staged and many committed, and every Service that is created asks for all: sorting costs too much. */
function merge(committed: readonly AnyObject[], changes: readonly Change[]): AnyObject[] {
  const merged: AnyObject[] = [];
  let next = 0;
  for (const change of changes) {
    let order = -1;
    for (; next < committed.length; next++) {
      const object = committed[next] as AnyObject;
      order = compareKeys(object.metadata, change);
      if (order >= 0) break;
      merged.push(object);
    }
    if (order === 0) next++;
    if (change.object) merged.push(change.object);
  }
  for (; next < committed.length; next++) merged.push(committed[next] as AnyObject);
  return merged;
}

/** The order of every list. */
export function byNamespaceAndName(a: AnyObject, b: AnyObject): number {
  return compareKeys(a.metadata, b.metadata);
}

function compareKeys(a: ObjectKey, b: ObjectKey): number {
  return compare(a.namespace ?? "", b.namespace ?? "") || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
