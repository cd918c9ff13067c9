/** What every change of a present object goes through, whoever asks for it: PUT, PATCH, apply, a subresource. */
import type { FieldError } from "../../machinery/field-error.ts";
import { equalJson } from "../../machinery/json.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { refuseInvalid } from "../admission/invalid.ts";
import { recordUnhonoured, warnUnhonoured } from "../admission/unhonoured.ts";
import { unsupportedProtocols } from "../admission/unsupported-protocols.ts";
import type { RequestContext, ServedKind } from "../api.ts";
import { keepSystemFields } from "../object-meta/system-fields.ts";
import { metadataErrors } from "../object-meta/validate-metadata.ts";
import { metadataUpdateErrors } from "../object-meta/validate-metadata-update.ts";
import { admissionContext, resourceName, storageName, type WriteParts } from "../parts.ts";
import { mayBeRemoved } from "./deletion-state.ts";
import { track } from "./field-ownership.ts";

export interface Replacement {
  /** The object as it is. */
  old: Stored<KubeObject>;
  /** As it shall be, in the stored version; the caller's own copy. */
  next: KubeObject;
  /** Through which part of the object; absent for the object itself. */
  subresource?: string;
  /** The fields are recorded already (server-side apply). */
  tracked?: boolean;
}

/**
 * update: defaults → prepareForUpdate → admit → validate → validateUpdate → store. Decided without a pause, so nothing
 * can come between reading the old object and staging the new one, and no retry is ever needed.
 * @returns the object as stored (in the stored version), or removed where its last finalizer went.
 */
export async function replace(
  parts: WriteParts,
  kind: ServedKind,
  { old, next, subresource, tracked = false }: Replacement,
  context: RequestContext,
): Promise<Stored<KubeObject>> {
  const { definition } = kind;
  checkPreconditions(kind, old, next);
  keepSystemFields(next, old);
  definition.defaults?.(next);
  if (!tracked) track(parts, kind, old, next, context, subresource);
  if (subresource === undefined) {
    definition.prepareForUpdate?.(next, old);
    definition.admit?.(next, old, admissionContext(parts, context));
  }
  raiseGeneration(kind, next, old);
  const errors = updateErrors(parts, kind, next, old, subresource);
  refuseInvalid(kind, old.metadata.name, errors);
  const unhonoured = subresource === undefined ? warnUnhonoured(kind, next, parts.settings, context) : [];
  const stored = await store(parts, kind, old, next as Stored<KubeObject>, context);
  if (!context.dryRun) recordUnhonoured(parts, definition, stored, unhonoured, old);
  return stored;
}

async function store(
  parts: WriteParts,
  kind: ServedKind,
  old: Stored<KubeObject>,
  next: Stored<KubeObject>,
  context: RequestContext,
): Promise<Stored<KubeObject>> {
  if (saysTheSame(old, next)) {
    // The present state may be another's write that is on its way to the disk: it is acknowledged only once it is there.
    await parts.store.settled();
    return old;
  }
  if (context.dryRun) return next;
  const resource = storageName(kind);
  if (mayBeRemoved(kind.definition, next)) return parts.store.remove(resource, next);
  return parts.store.put(resource, next);
}

function checkPreconditions(kind: ServedKind, old: Stored<KubeObject>, next: KubeObject): void {
  const { resourceVersion, uid } = next.metadata ?? {};
  const { name, namespace } = old.metadata;
  if (uid && uid !== old.metadata.uid) {
    const key = ["/registry", kind.definition.resource.plural, namespace, name].filter(Boolean).join("/");
    const detail = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${detail}`;
    throw StatusError.conflict(resourceName(kind), name, why);
  }
  if (resourceVersion && resourceVersion !== "0" && resourceVersion !== old.metadata.resourceVersion) {
    throw StatusError.conflict(resourceName(kind), name);
  }
}

/** `metadata.generation` counts the states that were asked for: everything but metadata and status. */
function raiseGeneration({ definition }: ServedKind, next: KubeObject, old: Stored<KubeObject>): void {
  if (definition.generation === false || !next.metadata) return;
  if (!equalJson(desired(next), desired(old))) next.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

function desired(object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status: _status, ...rest } = object as KubeObject & { status?: unknown };
  return rest;
}

function updateErrors(
  { settings }: WriteParts,
  kind: ServedKind,
  next: KubeObject,
  old: Stored<KubeObject>,
  subresource: string | undefined,
): FieldError[] {
  const { definition } = kind;
  const immutable = metadataUpdateErrors(next, old);
  // A name that may not change needs no second complaint about its form.
  const metadata = immutable.length > 0 ? immutable : metadataErrors(definition, next);
  return [
    ...metadata,
    ...(definition.validate?.(next) ?? []),
    ...(definition.validateUpdate?.(next, old, subresource) ?? []),
    ...unsupportedProtocols(definition, settings, next, old),
  ];
}

/** A write that changes nothing but the times at which fields were written is no change. */
function saysTheSame(old: Stored<KubeObject>, next: Stored<KubeObject>): boolean {
  return equalJson(withoutTimes(old), withoutTimes(next));
}

function withoutTimes(object: Stored<KubeObject>): Stored<KubeObject> {
  const { managedFields } = object.metadata;
  if (!managedFields) return object;
  const untimed = managedFields.map(({ time: _time, ...entry }) => entry);
  return { ...object, metadata: { ...object.metadata, managedFields: untimed } };
}
