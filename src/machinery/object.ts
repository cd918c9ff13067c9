/** What every API object has, and the small questions everybody asks of one. */
import type { ObjectMeta, OwnerReference } from "./types.ts";

/** Any API object as a client may send it: nothing but the type of its parts is known. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** Metadata as the store returns it: what the server fills in is there. */
export type StoredMeta = ObjectMeta & {
  name: string;
  uid: string;
  /** The log revision of the object's last write (promise 2 of the design). */
  resourceVersion: string;
  /** RFC 3339, whole seconds, UTC. */
  creationTimestamp: string;
};

/** An object that came out of the store. It is deep-frozen: clone it (`structuredClone`) before changing it. */
export type Stored<T extends KubeObject> = T & {
  apiVersion: string;
  kind: string;
  metadata: StoredMeta;
};

/** Identifies an object within its resource. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectKey {
  namespace?: string;
  name: string;
}

/** `namespace/name`, or `name` where there is no namespace. The form used for work-queue keys and logs. */
export function keyOf(object: { metadata: { namespace?: string; name: string } }): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

/** The inverse of {@link keyOf}. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf("/");
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner that manages the object (`controller: true`), if any: https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/ */
export function controllerOf(object: { metadata?: ObjectMeta }): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
}

/** An owner reference that makes `owner` the managing controller of the object carrying it. */
export function controllerReference(owner: Stored<KubeObject>): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Freezes a JSON-like value at every depth and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
