/** Fields that nobody owns: they identify the object or are the server's own book-keeping. */
import { isObject, type JsonObject } from "../json.ts";
import type { KubeObject } from "../object.ts";
import type { FieldSet } from "./field-set.ts";

const unownedMetadata = [
  "name",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "clusterName",
  "generation",
  "managedFields",
  "resourceVersion",
];

/** The object without those fields; shares the rest. */
export function ownable(object: KubeObject): JsonObject {
  const { apiVersion: _, kind: __, ...rest } = object;
  const metadata: JsonObject = { ...object.metadata };
  for (const name of unownedMetadata) delete metadata[name];
  return { ...rest, metadata };
}

/** The set without those fields. */
export function ownableFields(fields: FieldSet): FieldSet {
  const { "f:apiVersion": _, "f:kind": __, "f:metadata": metadata, ...rest } = fields;
  if (!isObject(metadata)) return rest;
  const owned: Record<string, FieldSet> = {};
  for (const [element, node] of Object.entries(metadata)) {
    if (element !== "." && !unownedMetadata.includes(element.slice(2))) owned[element] = node;
  }
  return Object.keys(owned).length > 0 ? { ...rest, "f:metadata": owned } : rest;
}
