/** Who wrote which field: `metadata.managedFields`. https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
import { timestamp } from "../../machinery/clock.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import type { FieldOwner } from "../../machinery/patch/managed-fields.ts";
import { trackUpdate, type WriteScope } from "../../machinery/patch/track-update.ts";
import { apiVersionOf } from "../../machinery/resource.ts";
import type { SchemaSource } from "../../machinery/schema/schema.ts";
import type { RequestContext, ServedKind } from "../api.ts";
import type { WriteParts } from "../parts.ts";

/** Who writes, through which part of the object, and which fields can be written that way. */
export function writer(
  parts: WriteParts,
  kind: Pick<ServedKind, "definition" | "group" | "version" | "schema">,
  context: RequestContext,
  subresource: string | undefined,
): FieldOwner & { source: SchemaSource; schemaName: string } & WriteScope {
  return {
    manager: context.fieldManager,
    apiVersion: apiVersionOf(kind),
    time: timestamp(parts.clock.now()),
    source: parts.schemas,
    schemaName: kind.schema,
    ...(subresource === undefined && kind.definition.status && { reset: ["status"] }),
    ...(subresource === "status" && { only: "status" }),
    ...(subresource !== undefined && { subresource }),
  };
}

/**
 * Records the fields in which `next` differs from `old` as the client's, in place. To be done before the server adds
 * fields of its own, which nobody owns.
 */
export function track(
  parts: WriteParts,
  kind: ServedKind,
  old: Stored<KubeObject> | undefined,
  next: KubeObject,
  context: RequestContext,
  subresource?: string,
): void {
  const { definition } = kind;
  const { group, version } = definition.resource;
  // Objects are compared as they are stored, whatever version the client speaks.
  const stored = { definition, group, version, schema: definition.schema };
  trackUpdate(old, next, writer(parts, stored, context, subresource));
}
