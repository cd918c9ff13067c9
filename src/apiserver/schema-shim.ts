import type { KubeObject } from "../machinery/object.ts";
import type { SchemaSource } from "../machinery/schema/schema.ts";
import { StatusError } from "../machinery/status-error.ts";

export interface FieldOwner {
  manager: string;
  operation: "Update";
  apiVersion: string;
  time: string;
  source: SchemaSource;
  schemaName: string;
  subresource?: string;
}
export function decode(
  _source: SchemaSource,
  _schemaName: string,
  value: unknown,
): { object: KubeObject; unknownFields: string[] } {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw StatusError.badRequest("not an object");
  return { object: structuredClone(value), unknownFields: [] };
}
export function jsonPatch(target: KubeObject, patch: unknown): KubeObject {
  const next = structuredClone(target) as Record<string, unknown>;
  for (const { op, path, value } of patch as { op: string; path: string; value?: unknown }[]) {
    const parts = path
      .slice(1)
      .split("/")
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    let at = next;
    for (const part of parts.slice(0, -1)) at = at[part] as Record<string, unknown>;
    const last = parts.at(-1) ?? "";
    if (op === "remove") delete at[last];
    else at[last] = value;
  }
  return next as KubeObject;
}
export function mergePatch(target: unknown, patch: unknown): KubeObject {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch as KubeObject;
  const next = (
    typeof target === "object" && target !== null && !Array.isArray(target) ? structuredClone(target) : {}
  ) as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete next[key];
    else next[key] = mergePatch(next[key], value);
  }
  return next as KubeObject;
}
export function strategicMergePatch(
  target: KubeObject,
  patch: unknown,
  _source: SchemaSource,
  _schemaName: string,
): KubeObject {
  return mergePatch(target, patch);
}
export function applyPatch(
  live: KubeObject | undefined,
  applied: KubeObject,
  _options: Omit<FieldOwner, "operation"> & { force: boolean },
): KubeObject {
  return mergePatch(live ?? {}, applied);
}
export function trackUpdate(_old: KubeObject | undefined, _next: KubeObject, _owner: FieldOwner): void {}
