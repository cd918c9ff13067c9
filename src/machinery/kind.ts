/**
 * A kind as a plain object: the API server, the controller manager and the documentation ask it what they need to
 * know; it never calls them. A new kind is one folder under `kinds/` and one line in `kinds/index.ts`.
 */
import type { Client } from "./client.ts";
import type { ControllerDefinition } from "./controller.ts";
import type { FieldError } from "./field-error.ts";
import type { KubeObject, Stored } from "./object.ts";
import type { Resource } from "./resource.ts";
import type { ClusterSettings } from "./settings.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** A column of `kubectl get`: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables */
export interface Column<T extends KubeObject> {
  name: string;
  type: "string" | "integer" | "boolean" | "date";
  format?: "name";
  description?: string;
  /** Above 0: only with `-o wide`. 0 if absent. */
  priority?: number;
  /** The cell. Ages are human text (`5m`), computed at `now` (ms since the epoch). */
  value(object: Stored<T>, now: number): string | number | boolean;
}

/** What admission may look at and say while a write is decided. Everything here is synchronous: no other write comes between. */
export interface AdmissionContext {
  /** Reads include writes already decided but not yet on disk, so that two writes cannot be given the same address. */
  read: Pick<Client, "get" | "list">;
  settings: ClusterSettings;
  /** Who is asking: `kubernetes-admin`, `system:serviceaccount:default:default`. */
  user: { name: string; groups: readonly string[] };
  dryRun: boolean;
  /** Adds a `Warning` header to the answer (promise 5: nothing is ignored in silence). */
  warn(text: string): void;
}

export interface SubresourceContext extends AdmissionContext {
  client: Client;
  now(): number;
  /** Issues a signed token for a ServiceAccount (only what `serviceaccounts/token` needs). */
  issueToken(claims: ServiceAccountClaims, expirationSeconds: number): IssuedToken;
}

export interface IssuedToken {
  token: string;
  expirationTimestamp: string;
  /** For whom it is: those asked for, or the API server. */
  audiences: string[];
}

/** What an action on an object may do besides. */
export interface ActionContext<T extends KubeObject> extends SubresourceContext {
  /**
   * Writes the parent as `change` leaves the copy it is given, decided without a pause, so that no other write comes
   * between. `defaults`, `validate` and `validateUpdate` apply; `prepareForUpdate` and `admit` do not.
   */
  changeParent(change: (next: Stored<T>) => void): Promise<Stored<T>>;
}

export interface ServiceAccountClaims {
  namespace: string;
  serviceAccount: { name: string; uid: string };
  audiences?: string[];
  pod?: { name: string; uid: string };
}

/** GET, PUT and PATCH of a part of the object, shown as a kind of its own (`scale`) or as the object itself. */
export interface UpdateSubresource<T extends KubeObject> {
  type: "update";
  /** Group, version and kind shown; the object's own if absent. */
  kind?: { group: string; version: string; kind: string };
  /** What GET returns. The object itself if absent. */
  view?(object: Stored<T>): KubeObject;
  /** Columns of what {@link view} returns: name and time of creation if absent. */
  columns?: readonly Column<KubeObject>[];
  /** Takes over into `next` (a copy of the present object) what this subresource may change in `sent`. */
  change(next: Stored<T>, sent: KubeObject): void;
  /** Errors in what was sent, reported under `kind`. */
  validate?(sent: KubeObject, present: Stored<T>): FieldError[];
}

/** POST of an action: `pods/binding`, `pods/eviction`, `serviceaccounts/token`. Returns the body of the answer (201). */
export interface CreateSubresource<T extends KubeObject> {
  type: "create";
  kind: { group: string; version: string; kind: string };
  create(parent: Stored<T>, sent: KubeObject, context: ActionContext<T>): Promise<KubeObject>;
}

/** A stream served by another component, which registers itself with the API server: `pods/log`, `pods/exec`. */
export interface ConnectSubresource {
  type: "connect";
  /** HTTP methods allowed. */
  methods: readonly string[];
  /** As discovery lists it: `PodExecOptions`; `Pod` for log. */
  kind: { group: string; version: string; kind: string };
}

export type Subresource<T extends KubeObject> = UpdateSubresource<T> | CreateSubresource<T> | ConnectSubresource;

/**
 * One kind. Functions may change the object they are given only where they say so; every one of them is pure but
 * for what it is handed.
 *
 * The order of a write (apiserver/pipeline.ts):
 *   create: decode → defaults → prepareForCreate → admit → validate → store
 *   update: decode → defaults → prepareForUpdate → admit → validate → validateUpdate → store
 */
export interface KindDefinition<T extends KubeObject = KubeObject> {
  resource: Resource<T>;
  singular: string;
  shortNames?: readonly string[];
  /** `all` puts it into `kubectl get all`. */
  categories?: readonly string[];
  /** Answered with every request, as a `Warning`: `v1 Endpoints is deprecated in v1.33+; use …`. */
  deprecation?: string;
  /** Every verb if absent. */
  verbs?: readonly Verb[];
  /** Name of its type in the generated schemas: `apps.v1.Deployment`. */
  schema: string;
  /** Other versions in which the same objects are served (`events.k8s.io/v1` of `Event`), with conversions. */
  alsoServedAs?: readonly ServedVersion<T>[];

  /** Fills in defaults, in place. Must give the same result when applied twice. */
  defaults?(object: T): void;
  /** Clears what a client may not set (status) and derives what the server sets. In place. */
  prepareForCreate?(object: T): void;
  /**
   * Keeps from `old` what an update of the main resource may not change (status). In place.
   * `metadata.generation` is raised by the pipeline when anything outside `metadata` and `status` changed.
   */
  prepareForUpdate?(object: T, old: Stored<T>): void;
  /** Mutating and refusing steps that look at other objects: allocation of addresses, ServiceAccount volumes. In place. */
  admit?(object: T, old: Stored<T> | undefined, context: AdmissionContext): void;
  validate?(object: T): FieldError[];
  /** @param subresource through which the update comes; absent for the object itself. */
  validateUpdate?(object: T, old: Stored<T>, subresource?: string): FieldError[];
  /** Which names are allowed. DNS subdomain (RFC 1123) if absent. */
  validateName?(name: string): string[];
  /**
   * Fields whose presence is stored but not honoured yet; each is answered with a Warning (promise 5). Paths like
   * `spec.affinity`; where part of it is done, with what is: `spec.type: LoadBalancer is served on …`.
   * Some depend on what the instance was started with.
   */
  unhonoured?(object: T, settings: ClusterSettings): string[];
  /** Paths of the fields that say `SCTP`: refused where the kernel has none, unless the stored object has some already. */
  sctpFields?(object: T): string[];
  /** Whether `metadata.generation` is kept for this kind. True if absent. */
  generation?: boolean;

  /**
   * Seconds that the object lives on after DELETE (Pods: their grace period). 0 removes it at once, if it has no finalizers.
   */
  gracePeriod?(object: Stored<T>, requestedSeconds: number | undefined): number;
  /** Refuses a deletion by throwing StatusError (`kube-system` may not be deleted). */
  admitDelete?(object: Stored<T>): void;
  /** Marks the object as being deleted, in place (Namespace: `status.phase`). */
  prepareForDelete?(object: Stored<T>): void;
  /** True when something besides `metadata.finalizers` still holds a deleted object (Namespace: `spec.finalizers`). */
  heldBack?(object: Stored<T>): boolean;
  /** What DELETE does with dependents when the client does not say. `Background` if absent. */
  defaultPropagation?: "Orphan" | "Background";

  columns: readonly Column<T>[];
  /** Fields usable in `?fieldSelector=` besides `metadata.name` and `metadata.namespace`. */
  selectableFields?: Readonly<Record<string, (object: Stored<T>) => string>>;

  /** With a `/status` of its own: writes to it change nothing but `status` (and the reverse). */
  status?: boolean;
  subresources?: Readonly<Record<string, Subresource<T>>>;
  /** A kind that is answered but never stored: `selfsubjectaccessreviews`. */
  virtual?: { create(object: T, context: SubresourceContext): Promise<T> };

  /** Run by the controller manager. */
  controllers?: readonly ControllerDefinition[];
}

/** Another group and version in which a kind's objects are read and written. */
export interface ServedVersion<T extends KubeObject> {
  group: string;
  version: string;
  schema: string;
  /** As {@link KindDefinition.deprecation}, for requests in this version. */
  deprecation?: string;
  /** False where kubectl would warn that the same short names mean two groups. True if absent. */
  listsShortNames?: boolean;
  /** From this version to the stored one, in place. */
  toStored(object: KubeObject): T;
  fromStored(object: Stored<T>): Stored<KubeObject>;
  /**
   * What this version calls a field of the stored one, for errors and warnings. Called with whole paths (`spec.rules[0].host`)
   * and with names that stand alone in a text. The same for all fields if absent.
   */
  fieldFromStored?: (path: string) => string;
}

/** Types a definition and forgets its object type, so that definitions of all kinds go into one list. */
export function defineKind<T extends KubeObject>(definition: KindDefinition<T>): KindDefinition {
  // A definition is only ever handed objects of its own resource.
  return definition as unknown as KindDefinition;
}
