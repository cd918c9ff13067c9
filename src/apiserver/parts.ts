/** What the pipeline is built from, and the small questions its steps ask of it. */
import type { Clock } from "../machinery/clock.ts";
import type { EventRecorder } from "../machinery/event-recorder.ts";
import type { AdmissionContext, IssuedToken, ServiceAccountClaims, SubresourceContext } from "../machinery/kind.ts";
import type { KubeObject, ObjectKey, Stored } from "../machinery/object.ts";
import { groupResource, type Resource } from "../machinery/resource.ts";
import type { SchemaSource } from "../machinery/schema/schema.ts";
import { matches } from "../machinery/selector.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import { type KindName, type ResourceName, StatusError } from "../machinery/status-error.ts";
import type { ObjectReader, Store, WriteStore } from "../store/store.ts";
import type { Api, RequestContext, ServedKind } from "./api.ts";
import { InProcessClient } from "./in-process-client.ts";
import type { Registry } from "./registry.ts";

/** What deciding a write needs. */
export interface WriteParts {
  store: WriteStore;
  registry: Registry;
  schemas: SchemaSource;
  clock: Clock;
  settings: ClusterSettings;
  /** Tells users what became of their objects; nobody is told if absent. */
  events?: EventRecorder;
  /** Signs a ServiceAccount's token. */
  issueToken(claims: ServiceAccountClaims, expirationSeconds: number): IssuedToken;
}

export interface ApiParts extends WriteParts {
  store: Store;
}

/** Under which the kind's objects are stored, whatever version they are served in. */
export function storageName(kind: ServedKind): string {
  return groupResource(kind.definition.resource);
}

/** For messages: `deployments.apps`. */
export function resourceName(kind: ServedKind): ResourceName {
  return { group: kind.group, plural: kind.definition.resource.plural };
}

/** For messages: `Deployment.apps`. */
export function kindName(kind: ServedKind): KindName {
  return { group: kind.group, kind: kind.definition.resource.kind };
}

/** The object in the version in which it is served. */
export function asServed(kind: ServedKind, object: Stored<KubeObject>): Stored<KubeObject> {
  return kind.fromStored ? kind.fromStored(object) : object;
}

/** The object a write is about, as decided so far. @throws StatusError NotFound. */
export function present(parts: WriteParts, kind: ServedKind, key: ObjectKey): Stored<KubeObject> {
  const object = parts.store.staged.get(storageName(kind), key);
  if (!object) throw StatusError.notFound(resourceName(kind), key.name);
  return object;
}

export function admissionContext(parts: WriteParts, context: RequestContext): AdmissionContext {
  return {
    read: readThrough(parts.store.staged),
    settings: parts.settings,
    user: context.user,
    dryRun: context.dryRun ?? false,
    warn: (text) => context.warn(text),
  };
}

export function subresourceContext(parts: ApiParts, api: Api, context: RequestContext): SubresourceContext {
  return {
    ...admissionContext(parts, context),
    client: new InProcessClient(api, parts, context),
    now: () => parts.clock.now(),
    issueToken: (claims, seconds) => parts.issueToken(claims, seconds),
  };
}

/** `get` and `list` of a client, on one of the store's stages. */
export function readThrough(reader: ObjectReader): AdmissionContext["read"] {
  return {
    get: <T extends KubeObject>(resource: Resource<T>, key: ObjectKey) =>
      // Under a resource's name the store holds objects of that resource's type only.
      reader.get(groupResource(resource), key) as Stored<T> | undefined,
    list: <T extends KubeObject>(
      resource: Resource<T>,
      options: Parameters<AdmissionContext["read"]["list"]>[1] = {},
    ) => {
      const { namespace, selector } = options;
      const all = reader.list(groupResource(resource), namespace) as readonly Stored<T>[];
      if (!selector || selector.length === 0) return all;
      return all.filter((object) => matches(selector, object.metadata.labels));
    },
  };
}
