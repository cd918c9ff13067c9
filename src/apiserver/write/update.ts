/** PUT of an object or of a part of it. */

import { cloneJson } from "../../machinery/json.ts";
import type { UpdateSubresource } from "../../machinery/kind.ts";
import type { KubeObject, ObjectKey, Stored } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { RequestContext, ServedKind } from "../api.ts";
import { type BodyType, bodyTypeOf, decodeBody, subresourceBodyType } from "../codec.ts";
import { asServed, present, type WriteParts } from "../parts.ts";
import { replace } from "./replace.ts";

export async function update(
  parts: WriteParts,
  kind: ServedKind,
  key: ObjectKey,
  body: unknown,
  context: RequestContext,
  subresource: string | undefined,
): Promise<KubeObject> {
  const sent = decodeBody(parts, partType(kind, subresource), body, context);
  checkKey(sent, key);
  const old = present(parts, kind, key);
  return updateDecoded(parts, kind, old, sent, context, subresource);
}

/** @param tracked the fields are recorded already (server-side apply). */
export async function updateDecoded(
  parts: WriteParts,
  kind: ServedKind,
  old: Stored<KubeObject>,
  sent: KubeObject,
  context: RequestContext,
  subresource: string | undefined,
  tracked = false,
): Promise<KubeObject> {
  const part = updatable(kind, subresource);
  if (subresource === undefined) {
    const next = kind.toStored ? kind.toStored(sent) : sent;
    return asServed(kind, await replace(parts, kind, { old, next, tracked }, context));
  }
  const next = cloneJson(old);
  // Preconditions come from what was sent.
  next.metadata.resourceVersion = sent.metadata?.resourceVersion ?? "";
  next.metadata.uid = sent.metadata?.uid || old.metadata.uid;
  if (part) takeOverPart(part, next, sent, old);
  else takeOverStatus(next, sent);
  if (tracked && sent.metadata?.managedFields) next.metadata.managedFields = sent.metadata.managedFields;
  const stored = await replace(parts, kind, { old, next, subresource, tracked }, context);
  return viewOf(kind, part, stored);
}

function takeOverStatus(next: KubeObject & { status?: unknown }, sent: KubeObject & { status?: unknown }): void {
  if (sent.status === undefined) delete next.status;
  else next.status = sent.status;
}

function takeOverPart(
  part: UpdateSubresource<KubeObject>,
  next: Stored<KubeObject>,
  sent: KubeObject,
  old: Stored<KubeObject>,
): void {
  const errors = part.validate?.(sent, old) ?? [];
  if (errors.length > 0) {
    throw StatusError.invalid(part.kind ?? { group: "", kind: old.kind }, old.metadata.name, errors);
  }
  part.change(next, sent);
}

/** What is shown of the object through one of its parts. */
export function viewOf(
  kind: ServedKind,
  part: UpdateSubresource<KubeObject> | undefined,
  object: Stored<KubeObject>,
): KubeObject {
  return part?.view?.(object) ?? asServed(kind, object);
}

/** The part of that name; undefined for the object itself and its `status`. @throws StatusError 404. */
export function updatable(
  kind: ServedKind,
  subresource: string | undefined,
): UpdateSubresource<KubeObject> | undefined {
  if (subresource === undefined) return undefined;
  const part = kind.definition.subresources?.[subresource];
  if (part?.type === "update") return part;
  if (part) throw StatusError.methodNotAllowed();
  if (subresource === "status" && kind.definition.status) return undefined;
  throw StatusError.noSuchResource();
}

/** Type of the body in which that part of the object is sent. */
export function partType(kind: ServedKind, subresource: string | undefined): BodyType {
  const shown = updatable(kind, subresource)?.kind;
  return shown ? subresourceBodyType(shown) : bodyTypeOf(kind);
}

function checkKey(sent: KubeObject, key: ObjectKey): void {
  const { name, namespace } = sent.metadata ?? {};
  if (!name) {
    const why = `the name of the object (${key.name} based on URL) was undeterminable: name must be provided`;
    throw StatusError.badRequest(why);
  }
  if (name !== key.name) {
    throw StatusError.badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`);
  }
  if (namespace && namespace !== key.namespace) {
    const on = key.namespace ?? "";
    const why = `the namespace of the object (${namespace}) does not match the namespace on the request (${on})`;
    throw StatusError.badRequest(why);
  }
}
