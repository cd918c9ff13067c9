/**
 * Objects as a `Table`, which `kubectl get` prints as it is.
 * Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import type { Column, KindDefinition } from "../../machinery/kind.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { objectJson } from "./serialize.ts";

export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableOptions {
  version: "v1" | "v1beta1";
  includeObject: IncludeObject;
}

/** @throws StatusError BadRequest. */
export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get("includeObject") ?? "";
  if (value === "") return "Metadata";
  if (value === "None" || value === "Metadata" || value === "Object") return value;
  throw StatusError.badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
}

/**
 * @param metadata of the Table: the list's, or the single object's resourceVersion.
 * @param withColumns false for all but the first event of a watch, where the client knows them already.
 */
export function tableJson(
  definition: KindDefinition,
  options: TableOptions,
  metadata: object,
  objects: readonly Stored<KubeObject>[],
  now: number,
  withColumns = true,
): string {
  const { columns } = definition;
  const head = `{"kind":"Table","apiVersion":"meta.k8s.io/${options.version}","metadata":${JSON.stringify(metadata)}`;
  const columnDefinitions = withColumns ? JSON.stringify(columns.map(columnDefinition)) : "null";
  const rows = objects.map((object) => row(columns, options, object, now)).join(",");
  return `${head},"columnDefinitions":${columnDefinitions},"rows":[${rows}]}`;
}

function columnDefinition(column: Column<KubeObject>) {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? "",
    description: column.description ?? "",
    priority: column.priority ?? 0,
  };
}

function row(
  columns: readonly Column<KubeObject>[],
  options: TableOptions,
  object: Stored<KubeObject>,
  now: number,
): string {
  const cells = JSON.stringify(columns.map((column) => column.value(object, now)));
  return `{"cells":${cells},"object":${rowObject(options, object)}}`;
}

function rowObject({ includeObject, version }: TableOptions, object: Stored<KubeObject>): string {
  if (includeObject === "None") return "null";
  return includeObject === "Object" ? objectJson(object) : partialJson(object, version);
}

/** Only what every object has: kind, apiVersion and metadata. */
export function partialJson(object: KubeObject, version: "v1" | "v1beta1"): string {
  const metadata = JSON.stringify(object.metadata ?? {});
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":${metadata}}`;
}
