/** Writes that are decided but not yet on disk, laid over the committed state. */
import { type KubeObject, keyOf, type ObjectKey, type Stored } from "../machinery/object.ts";
import type { ObjectIndex } from "./object-index.ts";

type AnyObject = Stored<KubeObject>;

export class StagedState {
  readonly #committed: ObjectIndex;
  /** Per resource and key: the object, or undefined where it is deleted. */
  readonly #staged = new Map<string, Map<string, AnyObject | undefined>>();

  constructor(committed: ObjectIndex) {
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
    const unchanged = committed.filter((object) => !staged.has(keyOf(object)));
    const changed = [...staged.values()].filter(
      (object) => object !== undefined && (namespace === undefined || (object.metadata.namespace ?? "") === namespace),
    ) as AnyObject[];
    return [...unchanged, ...changed].sort(byNamespaceAndName);
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

/** The order of every list. */
export function byNamespaceAndName(a: AnyObject, b: AnyObject): number {
  return compare(a.metadata.namespace ?? "", b.metadata.namespace ?? "") || compare(a.metadata.name, b.metadata.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
