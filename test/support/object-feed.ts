/** The reading side of a Client over objects that a test puts in: for components that only read. */
import type { Client, WatchEvent } from "../../src/machinery/client.ts";
import { deepFreeze, type KubeObject, keyOf, type ObjectKey, type Stored } from "../../src/machinery/object.ts";
import { apiVersionOf, groupResource, type Resource } from "../../src/machinery/resource.ts";

type Handler = (event: WatchEvent<KubeObject>) => void;

export class ObjectFeed implements Pick<Client, "get" | "list" | "watch"> {
  readonly #objects = new Map<string, Map<string, Stored<KubeObject>>>();
  readonly #handlers = new Map<string, Set<Handler>>();
  #revision = 0;

  /** Creates or replaces the object, filling in what the server would. Namespaced objects go to `default` unless they say. */
  put<T extends KubeObject>(resource: Resource<T>, object: T): Stored<T> {
    const objects = this.#all(resource);
    const revision = String(++this.#revision);
    const draft = structuredClone({
      ...object,
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: {
        uid: `uid-${revision}`,
        creationTimestamp: "2026-01-01T00:00:00Z",
        ...(resource.namespaced && { namespace: "default" }),
        ...object.metadata,
        resourceVersion: revision,
      },
    });
    // The caller's metadata has the name, which is all that the spread above cannot show.
    const stored = deepFreeze(draft as unknown as Stored<T>);
    const previous = objects.get(keyOf(stored)) as Stored<T> | undefined;
    objects.set(keyOf(stored), stored);
    this.#tell(resource, { type: previous ? "MODIFIED" : "ADDED", object: stored, ...(previous && { previous }) });
    return stored;
  }

  remove(resource: Resource, name: string, namespace = "default"): void {
    const key = resource.namespaced ? `${namespace}/${name}` : name;
    const previous = this.#all(resource).get(key);
    if (!previous) return;
    this.#all(resource).delete(key);
    this.#tell(resource, { type: "DELETED", object: previous, previous });
  }

  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey): Stored<T> | undefined {
    return this.#all(resource).get(keyOf({ metadata: key })) as Stored<T> | undefined;
  }

  list<T extends KubeObject>(resource: Resource<T>): readonly Stored<T>[] {
    return [...this.#all(resource).values()] as Stored<T>[];
  }

  watch<T extends KubeObject>(resource: Resource<T>, handler: (event: WatchEvent<T>) => void): Disposable {
    const name = groupResource(resource);
    const handlers = this.#handlers.get(name) ?? new Set<Handler>();
    this.#handlers.set(name, handlers);
    // Handlers of a resource are only given objects of that resource.
    const own = handler as Handler;
    for (const object of this.#all(resource).values()) own({ type: "ADDED", object });
    handlers.add(own);
    return { [Symbol.dispose]: () => void handlers.delete(own) };
  }

  #all(resource: Resource): Map<string, Stored<KubeObject>> {
    const name = groupResource(resource);
    const objects = this.#objects.get(name) ?? new Map<string, Stored<KubeObject>>();
    this.#objects.set(name, objects);
    return objects;
  }

  #tell(resource: Resource, event: WatchEvent<KubeObject>): void {
    for (const handler of this.#handlers.get(groupResource(resource)) ?? []) handler(event);
  }
}
