/** Create: decode → defaults → prepareForCreate → admit → validate → store. */
import { timestamp } from "../../machinery/clock.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { refuseInvalid } from "../admission/invalid.ts";
import { admitNamespace } from "../admission/namespace-lifecycle.ts";
import { recordUnhonoured, warnUnhonoured } from "../admission/unhonoured.ts";
import { unsupportedProtocols } from "../admission/unsupported-protocols.ts";
import type { Api, RequestContext, ServedKind } from "../api.ts";
import { bodyTypeOf, decodeBody } from "../codec.ts";
import { newMetadata } from "../object-meta/system-fields.ts";
import { metadataErrors } from "../object-meta/validate-metadata.ts";
import {
  type ApiParts,
  admissionContext,
  asServed,
  resourceName,
  storageName,
  subresourceContext,
  type WriteParts,
} from "../parts.ts";
import { track } from "./field-ownership.ts";

export async function create(
  parts: ApiParts,
  api: Api,
  kind: ServedKind,
  namespace: string | undefined,
  body: unknown,
  context: RequestContext,
): Promise<Stored<KubeObject>> {
  const sent = decodeBody(parts, bodyTypeOf(kind), body, context);
  checkNamespace(kind, sent, namespace);
  if (kind.definition.virtual) return answerVirtual(parts, api, kind, namespace, sent, context);
  return createDecoded(parts, kind, namespace, sent, context);
}

/** @param tracked the fields are recorded already (server-side apply). */
export async function createDecoded(
  parts: WriteParts,
  kind: ServedKind,
  namespace: string | undefined,
  sent: KubeObject,
  context: RequestContext,
  tracked = false,
): Promise<Stored<KubeObject>> {
  const { definition } = kind;
  const { store } = parts;
  const resource = storageName(kind);
  const sentVersion = sent.metadata?.resourceVersion;
  const now = timestamp(parts.clock.now());
  const taken = (name: string) => store.staged.get(resource, { name, ...(namespace && { namespace }) }) !== undefined;

  const object = kind.toStored ? kind.toStored(sent) : sent;
  definition.defaults?.(object);
  if (!tracked) track(parts, kind, undefined, object, context);
  object.metadata = newMetadata(definition, object.metadata ?? {}, namespace, now, taken);
  const name = object.metadata.name ?? "";
  admitNamespace(parts, kind, namespace, name);
  definition.prepareForCreate?.(object);
  definition.admit?.(object, undefined, admissionContext(parts, context));
  const errors = [
    ...metadataErrors(definition, object),
    ...(definition.validate?.(object) ?? []),
    ...unsupportedProtocols(definition, parts.settings, object),
  ];
  refuseInvalid(kind, name, errors);
  const unhonoured = warnUnhonoured(kind, object, parts.settings, context);
  if (sentVersion && sentVersion !== "0") {
    throw new StatusError(500, undefined, "resourceVersion should not be set on objects to be created");
  }
  if (taken(name)) throw StatusError.alreadyExists(resourceName(kind), name);
  // Everything that makes it a stored object is there but the resourceVersion, which the store gives.
  const stored = object as Stored<KubeObject>;
  if (context.dryRun) return asServed(kind, stored);
  await store.put(resource, stored);
  recordUnhonoured(parts, definition, stored, unhonoured);
  return asServed(kind, stored);
}

function checkNamespace(kind: ServedKind, sent: KubeObject, namespace: string | undefined): void {
  const named = sent.metadata?.namespace;
  if (!named || named === namespace) return;
  if (!kind.definition.resource.namespaced && namespace === undefined && kind.definition.virtual) return;
  throw StatusError.badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

async function answerVirtual(
  parts: ApiParts,
  api: Api,
  kind: ServedKind,
  namespace: string | undefined,
  sent: KubeObject,
  context: RequestContext,
): Promise<Stored<KubeObject>> {
  const { definition } = kind;
  const metadata = sent.metadata ?? {};
  if (definition.resource.namespaced && namespace !== undefined) metadata.namespace = namespace;
  definition.defaults?.(sent);
  const errors = definition.validate?.(sent) ?? [];
  refuseInvalid(kind, metadata.name ?? "", errors);
  const answer = await definition.virtual?.create(sent, subresourceContext(parts, api, context));
  // Never stored, so it has none of the fields that storing fills in; the answer goes to the client as it is.
  return (answer ?? sent) as Stored<KubeObject>;
}
