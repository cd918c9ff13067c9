/** All current objects in memory, by resource, namespace and name, each list in order of its names. */
import type { KubeObject, ObjectKey, Stored } from "../machinery/object.ts";
import { SortedNames } from "./sorted-names.ts";

type AnyObject = Stored<KubeObject>;

const nothing: readonly AnyObject[] = Object.freeze([]);

/** Objects of one resource in one namespace (or of a cluster-scoped resource). */
class Bucket {
  readonly objects = new Map<string, AnyObject>();
  readonly #names = new SortedNames();
  #list: readonly AnyObject[] | undefined;

  set(name: string, object: AnyObject): void {
    if (!this.objects.has(name)) this.#names.add(name);
    this.objects.set(name, object);
    this.#list = undefined;
  }

  delete(name: string): void {
    if (this.objects.delete(name)) this.#names.delete(name);
    this.#list = undefined;
  }

  list(): readonly AnyObject[] {
    // Every name in the order has an object in the map.
    this.#list ??= Object.freeze(this.#names.all().map((name) => this.objects.get(name) as AnyObject));
    return this.#list;
  }
}

export class ObjectIndex {
  readonly #resources = new Map<string, Map<string, Bucket>>();

  get(resource: string, key: ObjectKey): AnyObject | undefined {
    return this.#resources
      .get(resource)
      ?.get(key.namespace ?? "")
      ?.objects.get(key.name);
  }

  /** In order of namespace and name; all namespaces if none is given. */
  list(resource: string, namespace?: string): readonly AnyObject[] {
    const buckets = this.#resources.get(resource);
    if (!buckets) return nothing;
    if (namespace !== undefined) return buckets.get(namespace)?.list() ?? nothing;
    if (buckets.size === 1) for (const bucket of buckets.values()) return bucket.list();
    return [...buckets.keys()].sort().flatMap((name) => buckets.get(name)?.list() ?? nothing);
  }

  /** Number of objects per resource. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [resource, buckets] of this.#resources) {
      let count = 0;
      for (const bucket of buckets.values()) count += bucket.objects.size;
      if (count > 0) counts.set(resource, count);
    }
    return counts;
  }

  set(resource: string, object: AnyObject): void {
    const buckets = this.#resources.get(resource) ?? new Map<string, Bucket>();
    this.#resources.set(resource, buckets);
    const namespace = object.metadata.namespace ?? "";
    const bucket = buckets.get(namespace) ?? new Bucket();
    buckets.set(namespace, bucket);
    bucket.set(object.metadata.name, object);
  }

  delete(resource: string, key: ObjectKey): void {
    const buckets = this.#resources.get(resource);
    const namespace = key.namespace ?? "";
    const bucket = buckets?.get(namespace);
    if (!bucket) return;
    bucket.delete(key.name);
    if (bucket.objects.size === 0) buckets?.delete(namespace);
  }
}
