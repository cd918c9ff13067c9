/**
 * The API server's inner face: what can be asked of the cluster's objects, once the transport (HTTP, or a call from
 * inside the process) has been taken off. `pipeline.ts` implements it; `http/` and `in-process-client.ts` use it.
 */
import type { DeleteOptions, PatchType } from "../machinery/client.ts";
import type { KindDefinition } from "../machinery/kind.ts";
import type { KubeObject, ObjectKey, Stored } from "../machinery/object.ts";
import type { Selector } from "../machinery/selector.ts";
import type { StatusError } from "../machinery/status-error.ts";

export interface User {
  name: string;
  uid?: string;
  groups: readonly string[];
}

/** Who asks, and how the write is to be done (query parameters of the API). */
export interface RequestContext {
  user: User;
  dryRun?: boolean;
  /** Name recorded in `metadata.managedFields`. */
  fieldManager: string;
  /** Server-side apply: take over fields that others own. */
  force?: boolean;
  /** What an unknown or doubled field is: an error, a Warning, nothing. `Warn` if absent. */
  fieldValidation?: "Strict" | "Warn" | "Ignore";
  /** Adds a `Warning` header to the answer. */
  warn(text: string): void;
}

/** One served version of a kind: what a URL's group, version and resource lead to. */
export interface ServedKind {
  definition: KindDefinition;
  group: string;
  version: string;
  /** Schema in which bodies are read and written. */
  schema: string;
  /** Answered with every request in this version. */
  deprecation?: string;
  /** Whether discovery shows the kind's short names. True if absent. */
  listsShortNames?: boolean;
  /** Converts from the stored version; absent for the stored version itself. */
  fromStored?(object: Stored<KubeObject>): Stored<KubeObject>;
  toStored?(object: KubeObject): KubeObject;
  /** See {@link ServedVersion.fieldFromStored}. */
  fieldFromStored?: (path: string) => string;
}

export interface FieldRequirement {
  field: string;
  operator: "=" | "!=";
  value: string;
}

export interface ListQuery {
  namespace?: string;
  labelSelector?: Selector;
  /** Refused with BadRequest (`field label not supported: …`) where the kind cannot select by it. */
  fieldSelector?: readonly FieldRequirement[];
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface ListResult {
  items: readonly Stored<KubeObject>[];
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface WatchQuery extends Pick<ListQuery, "namespace" | "labelSelector" | "fieldSelector"> {
  /** Events after this revision; absent or "0": everything present as ADDED first. */
  resourceVersion?: string;
  allowBookmarks?: boolean;
  /** Present state, then a bookmark with the annotation `k8s.io/initial-events-end` (streaming lists). */
  sendInitialEvents?: boolean;
}

export type ApiWatchEvent =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: Stored<KubeObject> }
  /** `object` holds only kind, apiVersion and metadata.resourceVersion (and annotations). */
  | { type: "BOOKMARK"; object: KubeObject };

/** One object of several that are applied together. */
export interface Configuration {
  kind: ServedKind;
  key: ObjectKey;
  /** Parsed, not decoded: server-side apply looks at what was written. */
  body: unknown;
  /** Make it anew where it cannot be changed into this. */
  replaceable?: boolean;
}

/** What became of one of them. */
export type Applied = { warnings: readonly string[] } & (
  | { result: "created" | "configured" | "unchanged"; error?: never }
  | { error: StatusError; result?: never }
);

/** Every method throws StatusError; objects returned are frozen. */
export interface Api {
  /** Undefined when nothing is served there. */
  served(group: string, version: string, plural: string): ServedKind | undefined;
  /** All of them, in the order in which discovery lists them. Changes when kinds are added at run time. */
  allServed(): readonly ServedKind[];

  get(kind: ServedKind, key: ObjectKey): Stored<KubeObject>;
  list(kind: ServedKind, query: ListQuery): ListResult;
  /**
   * Calls `handler` for each event until `signal` aborts or the watcher is cut off (`onEnd` then gets the error, e.g. 410
   * Expired). The backlog is delivered synchronously before this returns. Delivery never waits for a reader.
   */
  watch(
    kind: ServedKind,
    query: WatchQuery,
    handler: (event: ApiWatchEvent) => void,
    onEnd: (error?: Error) => void,
    signal: AbortSignal,
  ): void;

  /** @param body parsed JSON or YAML, not yet looked at. */
  create(
    kind: ServedKind,
    namespace: string | undefined,
    body: unknown,
    context: RequestContext,
  ): Promise<Stored<KubeObject>>;
  /** @param subresource `status`, or the name of an update subresource. */
  update(
    kind: ServedKind,
    key: ObjectKey,
    body: unknown,
    context: RequestContext,
    subresource?: string,
  ): Promise<{ object: KubeObject; created: boolean }>;
  /** An `apply` patch of an object that is not there creates it. */
  patch(
    kind: ServedKind,
    key: ObjectKey,
    type: PatchType,
    patch: unknown,
    context: RequestContext,
    subresource?: string,
  ): Promise<{ object: KubeObject; created: boolean }>;
  /**
   * Server-side apply of several objects, in order; each sees those before it. When one is refused, none is applied; the answers
   * of the others then tell what would have become of them.
   */
  applyTogether(
    configurations: readonly Configuration[],
    context: Omit<RequestContext, "warn">,
  ): Promise<readonly Applied[]>;
  /** @returns the object where it lives on (grace period, finalizers) or was of a kind that answers so; `gone` tells which. */
  delete(
    kind: ServedKind,
    key: ObjectKey,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<{ object: Stored<KubeObject>; gone: boolean }>;
  deleteCollection(
    kind: ServedKind,
    query: ListQuery,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<ListResult>;

  /** GET of an update subresource (`scale`); `status` gives the object. */
  getSubresource(kind: ServedKind, key: ObjectKey, name: string): KubeObject;
  /** POST of a create subresource (`binding`, `eviction`, `token`). */
  createSubresource(
    kind: ServedKind,
    key: ObjectKey,
    name: string,
    body: unknown,
    context: RequestContext,
  ): Promise<KubeObject>;
}
