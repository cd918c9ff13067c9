/**
 * The annotation that client-side `kubectl apply` keeps its last configuration in, and the way from there to
 * server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply
 */
import { cloneJson, isObject, type JsonObject } from "../json.ts";
import type { KubeObject } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { compareFields } from "./compare-fields.ts";
import { difference, type FieldSet, noFields, union } from "./field-set.ts";
import { fieldsOf } from "./fields-of.ts";
import { ownable, ownableFields } from "./owned-fields.ts";

const annotation = "kubectl.kubernetes.io/last-applied-configuration";

/** The field manager of `kubectl apply --server-side`. */
export const kubectlManager = "kubectl";

function lastApplied(object: KubeObject): string {
  return object.metadata?.annotations?.[annotation] ?? "";
}

/** Fields that client-side apply set and nobody has changed since: `kubectl` may take them over without force. */
export function fieldsLastApplied(node: SchemaNode, live: KubeObject): FieldSet {
  const applied = parseObject(lastApplied(live));
  if (!applied || applied["apiVersion"] !== live.apiVersion) return noFields;
  const { changed, removed } = compareFields(node, ownable(applied), ownable(live));
  return difference(ownableFields(fieldsOf(node, applied).fields), union(changed, removed));
}

function parseObject(text: string): (JsonObject & KubeObject) | undefined {
  if (text === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Not ours to mend: whoever wrote it gets the conflicts.
    return undefined;
  }
}

/** Keeps the annotation equal to what was applied, where there is one, so that client-side apply can be gone back to. */
export function syncLastApplied(merged: KubeObject, applied: KubeObject): void {
  const annotations = merged.metadata?.annotations;
  if (!annotations || lastApplied(merged) === "") return;
  const copy = cloneJson(applied);
  if (copy.metadata) {
    delete copy.metadata.managedFields;
    delete copy.metadata.annotations?.[annotation];
  }
  annotations[annotation] = `${JSON.stringify(sortKeys(copy))}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sortKeys(child)]));
}
