/** The entries of `metadata.managedFields`: reading, ordering, bounding. */
import { isObject } from "../json.ts";
import type { KubeObject } from "../object.ts";
import { type FieldSet, isEmptySet, union } from "./field-set.ts";

export interface ManagedFieldsEntry {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  /** RFC 3339. */
  time?: string;
  fieldsType: "FieldsV1";
  fieldsV1: FieldSet;
  subresource?: string;
}

/** As many entries of updates an object keeps; older ones are united. Those of appliers are not bounded. */
const mostUpdateManagers = 10;
const ancient = "ancient-changes";

/** Who writes: what tells its entry from the others. */
export interface FieldOwner {
  manager: string;
  /** In which the fields are written: `apps/v1`. */
  apiVersion: string;
  /** RFC 3339, whole seconds. */
  time: string;
  subresource?: string;
}

/** The entries of an object, or undefined when it has none or they are not in order. */
export function entriesOf(object: KubeObject | undefined): ManagedFieldsEntry[] | undefined {
  const entries: unknown = object?.metadata?.managedFields;
  if (!Array.isArray(entries) || entries.length === 0 || !entries.every(isEntry)) return undefined;
  return entries;
}

function isEntry(entry: unknown): entry is ManagedFieldsEntry {
  if (!isObject(entry)) return false;
  const { operation, fieldsType, fieldsV1 } = entry;
  return (operation === "Apply" || operation === "Update") && fieldsType === "FieldsV1" && isFieldSet(fieldsV1);
}

function isFieldSet(value: unknown): value is FieldSet {
  return isObject(value) && Object.values(value).every(isFieldSet);
}

/** A list of one empty entry is the client's wish to forget all managers. */
export function asksForReset(object: KubeObject): boolean {
  const entries: unknown = object.metadata?.managedFields;
  const only: unknown = Array.isArray(entries) && entries.length === 1 ? entries[0] : undefined;
  return isObject(only) && Object.keys(only).length === 0;
}

/** Whether the entry is the owner's. An applier has one whatever version it applies in. */
export function isEntryOf(entry: ManagedFieldsEntry, operation: "Apply" | "Update", owner: FieldOwner): boolean {
  return (
    entry.manager === owner.manager &&
    entry.operation === operation &&
    (entry.subresource ?? "") === (owner.subresource ?? "") &&
    (operation === "Apply" || entry.apiVersion === owner.apiVersion)
  );
}

export function newEntry(operation: "Apply" | "Update", owner: FieldOwner, fieldsV1: FieldSet): ManagedFieldsEntry {
  const { manager, apiVersion, time, subresource } = owner;
  return {
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource && { subresource }),
  };
}

/** Writes the entries into the object, in Kubernetes' order: appliers first, then by time and name. */
export function setEntries(object: KubeObject, entries: readonly ManagedFieldsEntry[]): void {
  const metadata = (object.metadata ??= {});
  const kept = bounded(entries.filter(({ fieldsV1 }) => !isEmptySet(fieldsV1)));
  if (kept.length === 0) delete metadata.managedFields;
  else metadata.managedFields = kept.sort(inKubernetesOrder);
}

function inKubernetesOrder(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? "", b.time ?? "") ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource ?? "", b.subresource ?? "")
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function bounded(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const updates = entries.filter(({ operation }) => operation === "Update");
  if (updates.length <= mostUpdateManagers) return entries;
  const buckets = new Map<string, ManagedFieldsEntry>();
  const oldest = updates.sort(inKubernetesOrder);
  const gone = new Set<ManagedFieldsEntry>();
  for (const entry of oldest) {
    if (updates.length - gone.size + buckets.size <= mostUpdateManagers) break;
    const bucket = buckets.get(entry.apiVersion);
    const { subresource: _, ...rest } = entry;
    const fieldsV1 = bucket ? union(bucket.fieldsV1, entry.fieldsV1) : entry.fieldsV1;
    buckets.set(entry.apiVersion, { ...rest, manager: ancient, fieldsV1 });
    gone.add(entry);
  }
  return [...entries.filter((entry) => !gone.has(entry)), ...buckets.values()];
}
