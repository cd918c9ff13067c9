/** OpenAPI 3, one document per group and version: what `kubectl explain` and kubectl's checks read. */
import type { SchemaSource } from "../../../machinery/schema/schema.ts";
import { kubernetesVersion } from "../../../machinery/settings.ts";
import type { ServedKind } from "../../api.ts";
import { publishedName } from "./definition-names.ts";
import { gvkOf, type Operation, operationId, operationMarks, type PathOfKind, pathsOf } from "./paths.ts";
import { definitionsOf, type GroupVersionKind, type Json, openApi3 } from "./schema-document.ts";

const deleteOptions = "meta.v1.DeleteOptions";
const status = "meta.v1.Status";
const patchTypes = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/** @param kinds all of one group and version. */
export function openApi3Document(kinds: readonly ServedKind[], source: SchemaSource): Json {
  const gvks = new Map<string, readonly GroupVersionKind[]>(kinds.map((kind) => [kind.schema, [gvkOf(kind)]]));
  const paths = kinds.flatMap((kind) => pathsOf(kind).map((path) => [path.path, pathItem(kind, path)] as const));
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: kubernetesVersion },
    paths: Object.fromEntries(paths),
    components: { schemas: definitionsOf(source, [...gvks.keys(), deleteOptions, status], openApi3, gvks) },
  };
}

function pathItem(kind: ServedKind, { path, pathParameters, operations }: PathOfKind): Json {
  return {
    parameters: pathParameters.map((name) => parameter("path", name, "string")),
    ...Object.fromEntries(operations.map((operation) => [operation.method, describe(kind, path, operation)])),
  };
}

function describe(kind: ServedKind, path: string, operation: Operation): Json {
  const answer = operation.answer === "object" ? kind.schema : operation.answer === "status" ? status : undefined;
  const json = { "application/json": { schema: answer ? reference(answer) : { type: "object" } } };
  return {
    operationId: operationId(operation, kind, path),
    parameters: Object.entries(operation.query).map(([name, type]) => parameter("query", name, type)),
    ...bodyOf(kind, operation),
    responses: { "200": { description: "OK", content: json }, "401": { description: "Unauthorized" } },
    ...operationMarks(operation, kind),
  };
}

function bodyOf(kind: ServedKind, { body }: Operation): Json {
  if (body === "none") return {};
  if (body === "options") return { requestBody: { content: { "*/*": { schema: reference(deleteOptions) } } } };
  if (body === "object")
    return { requestBody: { content: { "*/*": { schema: reference(kind.schema) } }, required: true } };
  const content = Object.fromEntries(patchTypes.map((type) => [type, { schema: { type: "object" } }]));
  return { requestBody: { content, required: true } };
}

function reference(schema: string): Json {
  return { $ref: `${openApi3.refPrefix}${publishedName(schema)}` };
}

function parameter(where: "path" | "query", name: string, type: string): Json {
  return { in: where, name, ...(where === "path" && { required: true }), schema: { type, uniqueItems: true } };
}
