/** PATCH in its four forms. https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply */
import type { PatchType } from "../../machinery/client.ts";
import { required } from "../../machinery/field-error.ts";
import { isObject, printGo } from "../../machinery/json.ts";
import type { KubeObject, ObjectKey } from "../../machinery/object.ts";
import { applyPatch } from "../../machinery/patch/apply-patch.ts";
import { jsonPatch } from "../../machinery/patch/json-patch.ts";
import { mergePatch } from "../../machinery/patch/merge-patch.ts";
import { strategicMergePatch } from "../../machinery/patch/strategic-merge-patch.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { RequestContext, ServedKind } from "../api.ts";
import { type BodyType, decodePatched } from "../codec.ts";
import { present, storageName, type WriteParts } from "../parts.ts";
import { createDecoded } from "./create.ts";
import { writer } from "./field-ownership.ts";
import { partType, updatable, updateDecoded, viewOf } from "./update.ts";

export interface PatchResult {
  object: KubeObject;
  created: boolean;
}

export async function patch(
  parts: WriteParts,
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
  const inErrors = () => (type === "strategic" ? printGo(sent) : JSON.stringify(patched));
  const next = decodePatched(parts, body, patched, inErrors, context);
  return { object: await updateDecoded(parts, kind, old, next, context, subresource), created: false };
}

function patchShown(
  parts: WriteParts,
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
  parts: WriteParts,
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
  const applied = withKey(sent, key);
  const old = parts.store.staged.get(storageName(kind), key);
  const part = updatable(kind, subresource);
  const shown = old && viewOf(kind, part, old);
  const { group, version, schema } = body;
  const merged = applyPatch(shown, applied, {
    ...writer(parts, { definition: kind.definition, group, version, schema }, context, subresource),
    force: context.force ?? false,
  });
  const next = decodePatched(parts, body, merged, () => printGo(sent), context);
  if (old) {
    // A part that is shown as a kind of its own has no record of the object's fields.
    const tracked = part?.kind === undefined;
    return { object: await updateDecoded(parts, kind, old, next, context, subresource, tracked), created: false };
  }
  if (subresource !== undefined) present(parts, kind, key);
  return { object: await createDecoded(parts, kind, key.namespace, next, context, true), created: true };
}

/** The configuration with the name and namespace of the URL, which it may leave out but not contradict. */
function withKey(sent: unknown, key: ObjectKey): unknown {
  if (!isObject(sent)) return sent;
  const metadata = isObject(sent["metadata"]) ? sent["metadata"] : {};
  const { name = key.name, namespace = key.namespace } = metadata;
  if (name !== key.name) {
    const message = `the name of the object (${String(name)}) does not match the name on the URL (${key.name})`;
    throw StatusError.badRequest(message);
  }
  if (namespace !== key.namespace) {
    const message = "the namespace of the provided object does not match the namespace sent on the request";
    throw StatusError.badRequest(message);
  }
  return { ...sent, metadata: { ...metadata, name, ...(namespace !== undefined && { namespace }) } };
}
