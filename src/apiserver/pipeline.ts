/** The API server's inner face: each method leads to the one file that does the work. */
import type { DeleteOptions, PatchType } from "../machinery/client.ts";
import type { KubeObject, ObjectKey, Stored } from "../machinery/object.ts";
import { groupResource } from "../machinery/resource.ts";
import { StatusError } from "../machinery/status-error.ts";
import type {
  Api,
  ApiWatchEvent,
  Applied,
  Configuration,
  ListQuery,
  ListResult,
  RequestContext,
  ServedKind,
  WatchQuery,
} from "./api.ts";
import { type ApiParts, asServed, resourceName, storageName } from "./parts.ts";
import { Bookmarks } from "./read/bookmarks.ts";
import { list } from "./read/list.ts";
import { watch } from "./read/watch.ts";
import { applyTogether } from "./write/apply-together.ts";
import { create } from "./write/create.ts";
import { createSubresource } from "./write/create-subresource.ts";
import { deleteCollection, deleteObject } from "./write/delete.ts";
import { patch } from "./write/patch.ts";
import { updatable, update, viewOf } from "./write/update.ts";

export class Pipeline implements Api {
  readonly #parts: ApiParts;
  readonly #bookmarks: Bookmarks;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#bookmarks = new Bookmarks(parts.clock, () => parts.store.revision);
    parts.store.onCommit(() => this.#bookmarks.advanced());
  }

  served(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#parts.registry.get(group, version, plural);
  }

  allServed(): readonly ServedKind[] {
    return this.#parts.registry.all();
  }

  get(kind: ServedKind, key: ObjectKey): Stored<KubeObject> {
    const object = this.#parts.store.committed.get(storageName(kind), key);
    if (!object) throw StatusError.notFound(resourceName(kind), key.name);
    return asServed(kind, object);
  }

  list(kind: ServedKind, query: ListQuery): ListResult {
    return list(this.#parts, kind, query);
  }

  watch(
    kind: ServedKind,
    query: WatchQuery,
    handler: (event: ApiWatchEvent) => void,
    onEnd: (error?: Error) => void,
    signal: AbortSignal,
  ): void {
    watch(this.#parts, this.#bookmarks, kind, query, handler, onEnd, signal);
  }

  create(
    kind: ServedKind,
    namespace: string | undefined,
    body: unknown,
    context: RequestContext,
  ): Promise<Stored<KubeObject>> {
    return this.#answer(create(this.#parts, this, kind, namespace, body, context));
  }

  async update(
    kind: ServedKind,
    key: ObjectKey,
    body: unknown,
    context: RequestContext,
    subresource?: string,
  ): Promise<{ object: KubeObject; created: boolean }> {
    const object = await this.#answer(update(this.#parts, kind, key, body, context, subresource));
    return { object, created: false };
  }

  patch(
    kind: ServedKind,
    key: ObjectKey,
    type: PatchType,
    sent: unknown,
    context: RequestContext,
    subresource?: string,
  ): Promise<{ object: KubeObject; created: boolean }> {
    return this.#answer(patch(this.#parts, kind, key, type, sent, context, subresource));
  }

  applyTogether(
    configurations: readonly Configuration[],
    context: Omit<RequestContext, "warn">,
  ): Promise<readonly Applied[]> {
    return this.#answer(applyTogether(this.#parts, configurations, context));
  }

  delete(
    kind: ServedKind,
    key: ObjectKey,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<{ object: Stored<KubeObject>; gone: boolean }> {
    return this.#answer(deleteObject(this.#parts, kind, key, options, context));
  }

  deleteCollection(
    kind: ServedKind,
    query: ListQuery,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<ListResult> {
    return this.#answer(deleteCollection(this.#parts, kind, query, options, context));
  }

  getSubresource(kind: ServedKind, key: ObjectKey, name: string): KubeObject {
    const part = updatable(kind, name);
    const object = this.#parts.store.committed.get(groupResource(kind.definition.resource), key);
    if (!object) throw StatusError.notFound(resourceName(kind), key.name);
    return viewOf(kind, part, object);
  }

  createSubresource(
    kind: ServedKind,
    key: ObjectKey,
    name: string,
    body: unknown,
    context: RequestContext,
  ): Promise<KubeObject> {
    return this.#answer(createSubresource(this.#parts, this, kind, key, name, body, context));
  }

  /**
   * A refusal may rest on a write that is not on disk yet ("already exists", "has been modified"). It is told only once
   * that write is there, so that whoever reads again after it (to decide anew) reads what it was about.
   */
  async #answer<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await this.#parts.store.settled().catch(() => {});
      throw error;
    }
  }
}
