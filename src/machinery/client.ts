/**
 * The port through which every component reads, watches and writes the cluster's objects.
 *
 * Reads are synchronous: the store keeps every object in memory, so what a component reads is the state after the
 * last acknowledged write, and no component needs a cache ("informer") of its own. Writes go through the API
 * server's whole pipeline (default → admit → validate → store), as a request over HTTP does, and resolve when
 * the change is on disk.
 */
import type { KubeObject, ObjectKey, Stored } from "./object.ts";
import type { Resource } from "./resource.ts";
import type { Selector } from "./selector.ts";
import { StatusError } from "./status-error.ts";

export interface ListOptions {
  /** Only this namespace; all of them if absent. */
  namespace?: string;
  /** Only objects whose labels match. */
  selector?: Selector;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  /** Refused with 409 when they differ from the object's. */
  preconditions?: { uid?: string; resourceVersion?: string };
  /** Checks everything and changes nothing, though the request that asks for it is none itself (`pods/eviction`). */
  dryRun?: boolean;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

export interface WriteOptions {
  /** Name under which `metadata.managedFields` records the fields written. The client's own name by default. */
  fieldManager?: string;
  /** With `apply`: take over fields that another manager owns. */
  force?: boolean;
  subresource?: "status" | "scale" | (string & {});
}

export interface WatchEvent<T extends KubeObject> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  /** The object after the change; for DELETED, its last state (with the deletion's resourceVersion). */
  object: Stored<T>;
  /** The object before the change: absent for ADDED. */
  previous?: Stored<T>;
}

export interface Client {
  /** Undefined when there is no such object. */
  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey): Stored<T> | undefined;

  /** In order of namespace and name. */
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): readonly Stored<T>[];

  /**
   * Calls `handler` synchronously with ADDED for everything present, then with each later change in order of
   * revision, after it is on disk. The handler must be quick (put a key in a queue) and never throw.
   * @returns a disposable that ends the watch.
   */
  watch<T extends KubeObject>(
    resource: Resource<T>,
    handler: (event: WatchEvent<T>) => void,
    options?: { namespace?: string },
  ): Disposable;

  /**
   * With `options.subresource` the action of that name on the object that `object.metadata` names: `binding` of a Pod.
   * @throws StatusError AlreadyExists, Invalid, Forbidden, NotFound (no such namespace). */
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;

  /**
   * Replaces the object (or its subresource). With a `metadata.resourceVersion` that is not the present one it
   * throws Conflict; without one it overwrites.
   */
  update<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;

  /** `patch` is a JSON Patch array for `json`, else an object. */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<Stored<T>>;

  /** Resolves when the deletion is recorded: the object may live on until its grace period or finalizers end. */
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void>;
}

/**
 * Reads the object, applies `change` to a writable copy and updates it, again on Conflict (at most `attempts` times).
 * `change` returns false to leave the object alone.
 * @returns the object as written, or undefined if it is gone or was left alone.
 */
export async function modify<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  key: ObjectKey,
  change: (object: Stored<T>) => boolean | void,
  options: WriteOptions & { attempts?: number } = {},
): Promise<Stored<T> | undefined> {
  const { attempts = 5, ...writeOptions } = options;
  for (let attempt = 1; ; attempt++) {
    const current = client.get(resource, key);
    if (!current) return undefined;
    const draft = structuredClone(current);
    if (change(draft) === false) return undefined;
    try {
      return await client.update(resource, draft, writeOptions);
    } catch (error) {
      if (StatusError.is(error, "NotFound")) return undefined;
      if (!StatusError.is(error, "Conflict") || attempt >= attempts) throw error;
    }
  }
}
