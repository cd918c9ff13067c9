/** From a request's body to an object of the kind: right kind and version, right types, unknown fields told or refused. */
import { invalid } from "../machinery/field-error.ts";
import type { KubeObject } from "../machinery/object.ts";
import { apiVersionOf } from "../machinery/resource.ts";
import { decode } from "../machinery/schema/decode.ts";
import { DecodeError } from "../machinery/schema/decode-error.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { RequestContext, ServedKind } from "./api.ts";
import type { WriteParts } from "./parts.ts";

/** Group, version and kind of a body, and the schema it must follow. */
export interface BodyType {
  group: string;
  version: string;
  kind: string;
  schema: string;
}

export function bodyTypeOf(kind: ServedKind): BodyType {
  return { group: kind.group, version: kind.version, kind: kind.definition.resource.kind, schema: kind.schema };
}

/** Type of a subresource's body: `autoscaling/v1` `Scale` has the schema `autoscaling.v1.Scale`. */
export function subresourceBodyType({ group, version, kind }: Omit<BodyType, "schema">): BodyType {
  return { group, version, kind, schema: `${group.split(".")[0] || "core"}.${version}.${kind}` };
}

/**
 * @returns an object of the caller's own, complete with kind and apiVersion.
 * @throws StatusError 400: another kind or version, wrong types, unknown fields (with `Strict`).
 */
export function decodeBody(parts: WriteParts, type: BodyType, body: unknown, context: RequestContext): KubeObject {
  checkType(type, body);
  const { object, unknownFields } = decode(parts.schemas, type.schema, body);
  reportUnknown(unknownFields, context, (errors) => {
    throw StatusError.badRequest(`${cannotBeHandled(type)}: strict decoding error: ${errors}`);
  });
  return complete(type, object);
}

/**
 * As {@link decodeBody}, for an object that a patch has changed.
 * @param shown the patch (or what it made of the object), as errors print it.
 * @throws StatusError 422 about the field `patch`.
 */
export function decodePatched(
  parts: WriteParts,
  type: BodyType,
  patched: KubeObject,
  shown: () => string,
  context: RequestContext,
): KubeObject {
  checkType(type, patched);
  try {
    const { object, unknownFields } = decode(parts.schemas, type.schema, patched);
    reportUnknown(unknownFields, context, (errors) => {
      const error = invalid("patch", shown(), `strict decoding error: ${errors}`);
      throw StatusError.invalid({ group: "", kind: "" }, "", [error]);
    });
    return complete(type, object);
  } catch (error) {
    throw error instanceof DecodeError ? error.forPatch(shown()) : error;
  }
}

function reportUnknown(fields: readonly string[], context: RequestContext, refuse: (errors: string) => never): void {
  if (fields.length === 0 || context.fieldValidation === "Ignore") return;
  const errors = fields.map((field) => `unknown field ${JSON.stringify(field)}`);
  if (context.fieldValidation === "Strict") refuse(errors.join(", "));
  for (const error of errors) context.warn(error);
}

/** Kind and version first: the order in which the API prints objects. */
function complete(type: BodyType, object: KubeObject): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  return { kind: type.kind, apiVersion: apiVersionOf(type), metadata: metadata ?? {}, ...rest };
}

function cannotBeHandled({ kind, version }: BodyType, sent = kind): string {
  return `${sent} in version "${version}" cannot be handled as a ${kind}`;
}

function checkType(type: BodyType, body: unknown): void {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return;
  const { kind, apiVersion } = body as { kind?: unknown; apiVersion?: unknown };
  const expected = apiVersionOf(type);
  if (typeof apiVersion === "string" && apiVersion !== "" && apiVersion !== expected) {
    const message = `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`;
    throw StatusError.badRequest(message);
  }
  if (typeof kind === "string" && kind !== "" && kind !== type.kind) {
    const internal = type.group.split(".")[0] || "core";
    const conversion = `converting (${type.version}.${kind}) to (${internal}.${type.kind}): unknown conversion`;
    throw StatusError.badRequest(`${cannotBeHandled(type, kind)}: ${conversion}`);
  }
}
