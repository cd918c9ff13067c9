/** PATCH in its four forms. https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply */
import type { PatchType } from "../../machinery/client.ts";
import { timestamp } from "../../machinery/clock.ts";
import { required } from "../../machinery/field-error.ts";
import type { KubeObject, ObjectKey } from "../../machinery/object.ts";
import { apiVersionOf } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { RequestContext, ServedKind } from "../api.ts";
import { type BodyType, decodeApplied, decodePatched } from "../codec.ts";
import { type ApiParts, present, storageName } from "../parts.ts";
import { applyPatch, jsonPatch, mergePatch, strategicMergePatch } from "../schema-shim.ts";
import { createDecoded } from "./create.ts";
import { printAsGo } from "./print-as-go.ts";
import { partType, updatable, updateDecoded, viewOf } from "./update.ts";

export interface PatchResult {
  object: KubeObject;
  created: boolean;
}

export async function patch(
  parts: ApiParts,
  kind: ServedKind,
  key: ObjectKey,
  type: PatchType,
  sent: unknown,
  context: RequestContext,
  subresource: string | undefined,
): Promise<PatchResult> {
  if (type === "apply") return apply(parts, kind, key, sent, context, subresource);
  const body = partType(kind, subresource);
  const old = present(parts, kind, key);
  const shown = viewOf(kind, updatable(kind, subresource), old);
  const patched = patchShown(parts, body, shown, type, sent);
  const inErrors = () => (type === "strategic" ? printAsGo(sent) : JSON.stringify(patched));
  const next = decodePatched(parts, body, patched, inErrors, context);
  return { object: await updateDecoded(parts, kind, old, next, context, subresource), created: false };
}

function patchShown(
  parts: ApiParts,
  body: BodyType,
  shown: KubeObject,
  type: Exclude<PatchType, "apply">,
  sent: unknown,
): KubeObject {
  switch (type) {
    case "json":
      return jsonPatch(shown, sent);
    case "merge":
      return mergePatch(shown, sent);
    case "strategic":
      return strategicMergePatch(shown, sent, parts.schemas, body.schema);
  }
}

/** Server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
async function apply(
  parts: ApiParts,
  kind: ServedKind,
  key: ObjectKey,
  sent: unknown,
  context: RequestContext,
  subresource: string | undefined,
): Promise<PatchResult> {
  if (!context.fieldManager) {
    const error = required("fieldManager", "is required for apply patch");
    throw StatusError.invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [error]);
  }
  const body = partType(kind, subresource);
  const applied = decodeApplied(parts, body, key, sent);
  checkApplied(applied, key);
  const old = parts.store.staged.get(storageName(kind), key);
  const shown = old && viewOf(kind, updatable(kind, subresource), old);
  const merged = applyPatch(shown, applied, {
    manager: context.fieldManager,
    force: context.force ?? false,
    apiVersion: apiVersionOf(body),
    time: timestamp(parts.clock.now()),
    source: parts.schemas,
    schemaName: body.schema,
    ...(subresource !== undefined && { subresource }),
  });
  if (old) return { object: await updateDecoded(parts, kind, old, merged, context, subresource, true), created: false };
  if (subresource !== undefined) present(parts, kind, key);
  const object = await createDecoded(parts, kind, key.namespace, merged, context, false);
  return { object, created: true };
}

function checkApplied(applied: KubeObject, key: ObjectKey): void {
  const metadata = (applied.metadata ??= {});
  metadata.name ??= key.name;
  if (metadata.name !== key.name) {
    const message = `the name of the object (${metadata.name}) does not match the name on the URL (${key.name})`;
    throw StatusError.badRequest(message);
  }
  if (metadata.namespace && metadata.namespace !== key.namespace) {
    const message = "the namespace of the provided object does not match the namespace sent on the request";
    throw StatusError.badRequest(message);
  }
  if (key.namespace !== undefined) metadata.namespace = key.namespace;
  if (metadata.managedFields && metadata.managedFields.length > 0) {
    throw StatusError.badRequest("metadata.managedFields must be nil");
  }
}
