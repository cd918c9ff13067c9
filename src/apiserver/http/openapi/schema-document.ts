/**
 * Schemas in the dialects of OpenAPI 2 and 3, with Kubernetes' extensions.
 * Rule: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
 */
import type { Schema, SchemaSource } from "../../../machinery/schema/schema.ts";
import { publishedName } from "./definition-names.ts";

export type Json = Record<string, unknown>;

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

export interface Dialect {
  /** `#/definitions/` or `#/components/schemas/`. */
  refPrefix: string;
  /** Whether a reference may stand beside a description: OpenAPI 3.0 wants it wrapped in `allOf`. */
  wrapsReferences: boolean;
}

export const openApi2: Dialect = { refPrefix: "#/definitions/", wrapsReferences: false };
export const openApi3: Dialect = { refPrefix: "#/components/schemas/", wrapsReferences: true };

/**
 * Every definition that `roots` lead to, by its published name.
 * @param kinds of the roots that are kinds, which tools find by this.
 */
export function definitionsOf(
  source: SchemaSource,
  roots: Iterable<string>,
  dialect: Dialect,
  kinds: ReadonlyMap<string, readonly GroupVersionKind[]>,
): Json {
  const found = new Map<string, Json>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    const scalar = scalarDefinition(name, dialect);
    if (scalar) found.set(name, scalar);
    const schema = scalar ? undefined : source(name);
    if (!schema) continue;
    const document = schemaDocument(schema, dialect, (reference) => waiting.push(reference));
    const gvks = kinds.get(name);
    found.set(name, gvks ? { ...document, "x-kubernetes-group-version-kind": gvks } : document);
  }
  const names = [...found.keys()].sort();
  return Object.fromEntries(names.map((name) => [publishedName(name), found.get(name)]));
}

/** Scalars with a definition of their own, whose name `kubectl explain` shows as the type. */
const scalarDefinitions: Readonly<Record<string, string>> = {
  quantity: "resource.Quantity",
  "int-or-string": "intstr.IntOrString",
};

function scalarDefinition(name: string, { wrapsReferences }: Dialect): Json | undefined {
  if (name === scalarDefinitions["quantity"]) {
    const description =
      'Quantity is a number with an optional suffix: binary ("Ki", "Mi", "Gi") or decimal ("m", "k", "M", "G", "e3").';
    return {
      description,
      ...(wrapsReferences ? { oneOf: [{ type: "string" }, { type: "number" }] } : { type: "string" }),
    };
  }
  if (name !== scalarDefinitions["int-or-string"]) return undefined;
  const description = "IntOrString is an integer or a string.";
  const type = wrapsReferences ? { oneOf: [{ type: "integer" }, { type: "string" }] } : { type: "string" };
  return { description, ...type, format: "int-or-string" };
}

const plainFormats = new Set(["int32", "int64", "double", "byte", "date-time"]);

function schemaDocument(schema: Schema, dialect: Dialect, refer: (name: string) => void): Json {
  const nested = (inner: Schema): Json => schemaDocument(inner, dialect, refer);
  const { description } = schema;
  const target = schema.ref ?? scalarDefinitions[schema.format ?? ""];
  if (target !== undefined) {
    refer(target);
    const reference = { $ref: `${dialect.refPrefix}${publishedName(target)}` };
    const referring = dialect.wrapsReferences ? { allOf: [reference], ...(schema.ref && { default: {} }) } : reference;
    return { ...(description && { description }), ...referring, ...extensions(schema) };
  }
  return {
    ...(description && { description }),
    ...typeOf(schema),
    ...(schema.enum && { enum: schema.enum }),
    ...(schema.required && schema.required.length > 0 && { required: schema.required }),
    ...(schema.properties && {
      properties: Object.fromEntries(
        Object.entries(schema.properties).map(([name, property]) => [name, nested(property)]),
      ),
    }),
    ...(schema.items && { items: nested(schema.items) }),
    ...(schema.additionalProperties && { additionalProperties: nested(schema.additionalProperties) }),
    ...extensions(schema),
  };
}

function typeOf({ type, format, properties }: Schema): Json {
  const known = type ?? (properties ? "object" : undefined);
  if (format === "micro-time") return { type: "string", format: "date-time" };
  return { ...(known && { type: known }), ...(format && plainFormats.has(format) && { format }) };
}

function extensions(schema: Schema): Json {
  return {
    ...(schema.listType && { "x-kubernetes-list-type": schema.listType }),
    ...(schema.listMapKeys && { "x-kubernetes-list-map-keys": schema.listMapKeys }),
    ...(schema.mapType && { "x-kubernetes-map-type": schema.mapType }),
    ...(schema.patchMergeKey && { "x-kubernetes-patch-merge-key": schema.patchMergeKey }),
    ...(schema.patchStrategy && { "x-kubernetes-patch-strategy": schema.patchStrategy }),
    ...(schema.preserveUnknownFields && { "x-kubernetes-preserve-unknown-fields": true }),
  };
}
