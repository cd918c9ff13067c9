/** Which objects name which owner: `metadata.ownerReferences`, turned round. Fed by watches of every kind. */
import type { WatchEvent } from "../machinery/client.ts";
import type { KubeObject, ObjectKey } from "../machinery/object.ts";
import type { Resource } from "../machinery/resource.ts";

export interface Dependent {
  resource: Resource;
  key: ObjectKey;
  uid: string;
}

export class OwnerGraph {
  readonly #dependents = new Map<string, Map<string, Dependent>>();

  /** @param ownerUid `metadata.uid` of an object, which need not exist any more. */
  dependentsOf(ownerUid: string): Dependent[] {
    return [...(this.#dependents.get(ownerUid)?.values() ?? [])];
  }

  apply(resource: Resource, { type, object, previous }: WatchEvent<KubeObject>): void {
    const { namespace, name, uid } = object.metadata;
    const before = owners(previous ?? (type === "DELETED" ? object : undefined));
    const after = type === "DELETED" ? [] : owners(object);
    for (const owner of before) if (!after.includes(owner)) this.#remove(owner, uid);
    const dependent = { resource, key: { ...(namespace && { namespace }), name }, uid };
    for (const owner of after) this.#add(owner, dependent);
  }

  #add(owner: string, dependent: Dependent): void {
    const dependents = this.#dependents.get(owner) ?? new Map<string, Dependent>();
    dependents.set(dependent.uid, dependent);
    this.#dependents.set(owner, dependents);
  }

  #remove(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    dependents?.delete(dependent);
    if (dependents?.size === 0) this.#dependents.delete(owner);
  }
}

function owners(object: KubeObject | undefined): string[] {
  return object?.metadata?.ownerReferences?.map((reference) => reference.uid) ?? [];
}
