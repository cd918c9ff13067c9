/** OpenAPI 2 (Swagger), everything in one document, for tools that know no other. */
import type { SchemaSource } from "../../../machinery/schema/schema.ts";
import { kubernetesVersion } from "../../../machinery/settings.ts";
import type { ServedKind } from "../../api.ts";
import { publishedName } from "./definition-names.ts";
import { gvkOf, type Operation, operationId, operationMarks, type PathOfKind, pathsOf } from "./paths.ts";
import { definitionsOf, type GroupVersionKind, type Json, openApi2 } from "./schema-document.ts";

const deleteOptions = "meta.v1.DeleteOptions";
const status = "meta.v1.Status";

export function openApi2Document(kinds: readonly ServedKind[], source: SchemaSource): Json {
  const gvks = new Map<string, GroupVersionKind[]>();
  for (const kind of kinds) gvks.set(kind.schema, [...(gvks.get(kind.schema) ?? []), gvkOf(kind)]);
  const paths = kinds.flatMap((kind) => pathsOf(kind).map((path) => [path.path, pathItem(kind, path)] as const));
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: kubernetesVersion },
    paths: Object.fromEntries(paths),
    definitions: definitionsOf(source, [...gvks.keys(), deleteOptions, status], openApi2, gvks),
  };
}

function pathItem(kind: ServedKind, { path, pathParameters, operations }: PathOfKind): Json {
  return {
    parameters: pathParameters.map((name) => ({ in: "path", name, required: true, type: "string", uniqueItems: true })),
    ...Object.fromEntries(operations.map((operation) => [operation.method, describe(kind, path, operation)])),
  };
}

function describe(kind: ServedKind, path: string, operation: Operation): Json {
  const answer = operation.answer === "object" ? kind.schema : operation.answer === "status" ? status : undefined;
  const query = Object.entries(operation.query).map(([name, type]) => ({ in: "query", name, type, uniqueItems: true }));
  return {
    operationId: operationId(operation, kind, path),
    consumes: ["*/*"],
    produces: ["application/json", "application/yaml"],
    parameters: [...bodyOf(kind, operation), ...query],
    responses: {
      "200": { description: "OK", schema: answer ? reference(answer) : { type: "object" } },
      "401": { description: "Unauthorized" },
    },
    ...operationMarks(operation, kind),
  };
}

function bodyOf(kind: ServedKind, { body }: Operation): Json[] {
  if (body === "none") return [];
  const schema = body === "patch" ? { type: "object" } : reference(body === "options" ? deleteOptions : kind.schema);
  return [{ in: "body", name: "body", ...(body !== "options" && { required: true }), schema }];
}

function reference(schema: string): Json {
  return { $ref: `${openApi2.refPrefix}${publishedName(schema)}` };
}
