/** The port through which Skiff's own components work with objects: reads from memory, writes through the pipeline. */
import type { Client, DeleteOptions, ListOptions, PatchType, WatchEvent, WriteOptions } from "../machinery/client.ts";
import type { KubeObject, ObjectKey, Stored } from "../machinery/object.ts";
import { groupResource, type Resource } from "../machinery/resource.ts";
import { matches } from "../machinery/selector.ts";
import type { Store } from "../store/store.ts";
import type { Api, RequestContext, ServedKind, User } from "./api.ts";
import type { Registry } from "./registry.ts";

export interface ClientIdentity {
  /** `system:serviceaccount:kube-system:deployment-controller` */
  user: User;
  /** Name in `metadata.managedFields`: `kube-controller-manager`. */
  fieldManager: string;
  /** Part of every write: a dry run stays one. */
  dryRun?: boolean;
  /** Told of warnings; nobody if absent. */
  warn?(text: string): void;
}

export class InProcessClient implements Client {
  readonly #api: Api;
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #identity: ClientIdentity;

  constructor(api: Api, parts: { store: Store; registry: Registry }, identity: ClientIdentity) {
    this.#api = api;
    this.#store = parts.store;
    this.#registry = parts.registry;
    this.#identity = identity;
  }

  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey): Stored<T> | undefined {
    // Under a resource's name the store holds objects of that resource's type only.
    return this.#store.committed.get(groupResource(resource), key) as Stored<T> | undefined;
  }

  list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): readonly Stored<T>[] {
    const { namespace, selector } = options;
    const all = this.#store.committed.list(groupResource(resource), namespace) as readonly Stored<T>[];
    if (!selector || selector.length === 0) return all;
    return all.filter((object) => matches(selector, object.metadata.labels));
  }

  watch<T extends KubeObject>(
    resource: Resource<T>,
    handler: (event: WatchEvent<T>) => void,
    options: { namespace?: string } = {},
  ): Disposable {
    const { namespace } = options;
    const subscription = this.#store.subscribe(groupResource(resource), {
      onChange: ({ type, object, previous }) => {
        if (namespace !== undefined && object.metadata.namespace !== namespace) return;
        handler({
          type,
          object: object as Stored<T>,
          ...(previous && { previous: previous as Stored<T> }),
        });
      },
      // A component's handler never throws; one that does would miss events from now on, so the process must not go on.
      onFailure: (error) =>
        queueMicrotask(() => {
          throw error;
        }),
    });
    for (const object of this.list(resource, options)) handler({ type: "ADDED", object });
    return subscription;
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<Stored<T>> {
    const kind = this.#kind(resource);
    const { subresource } = options;
    if (subresource !== undefined) {
      const { namespace, name = "" } = object.metadata ?? {};
      const key = { name, ...(namespace !== undefined && { namespace }) };
      return (await this.#api.createSubresource(kind, key, subresource, object, this.#context(options))) as Stored<T>;
    }
    const created = await this.#api.create(kind, object.metadata?.namespace, object, this.#context(options));
    return created as Stored<T>;
  }

  async update<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<Stored<T>> {
    const { namespace, name = "" } = object.metadata ?? {};
    const key = { name, ...(namespace !== undefined && { namespace }) };
    const context = this.#context(options);
    const result = await this.#api.update(this.#kind(resource), key, object, context, options.subresource);
    return result.object as Stored<T>;
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    type: PatchType,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    const context = this.#context(options);
    const result = await this.#api.patch(this.#kind(resource), key, type, patch, context, options.subresource);
    return result.object as Stored<T>;
  }

  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const context = this.#context({});
    const dryRun = context.dryRun || options.dryRun === true;
    await this.#api.delete(this.#kind(resource), key, options, { ...context, dryRun });
  }

  #kind(resource: Resource): ServedKind {
    return this.#registry.of(resource);
  }

  #context(options: WriteOptions): RequestContext {
    const identity = this.#identity;
    const { user, fieldManager, dryRun = false } = identity;
    return {
      user,
      dryRun,
      fieldManager: options.fieldManager ?? fieldManager,
      ...(options.force !== undefined && { force: options.force }),
      fieldValidation: "Ignore",
      warn: (text) => identity.warn?.(text),
    };
  }
}
