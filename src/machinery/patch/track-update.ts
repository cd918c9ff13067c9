/** Keeps `metadata.managedFields` through creates, updates and patches that are not server-side apply. */
import type { KubeObject } from "../object.ts";
import { decode } from "../schema/decode.ts";
import { nodeFor, type SchemaNode } from "../schema/node.ts";
import type { SchemaSource } from "../schema/schema.ts";
import { compareFields, type FieldChanges } from "./compare-fields.ts";
import { difference, type FieldSet, isEmptySet, noFields, onlyField, union, withoutField } from "./field-set.ts";
import {
  asksForReset,
  entriesOf,
  type FieldOwner,
  isEntryOf,
  type ManagedFieldsEntry,
  newEntry,
  setEntries,
} from "./managed-fields.ts";
import { ownable } from "./owned-fields.ts";

export interface UpdateOwner extends FieldOwner, WriteScope {
  source: SchemaSource;
  /** Of both objects: `apps.v1.Deployment`. */
  schemaName: string;
}

/** Which top-level fields a write can change. What a client sends of others counts for nothing: no owner gains or loses it. */
export interface WriteScope {
  /** Every field but these: `status`, for the object itself. */
  reset?: readonly string[];
  /** This field alone: `status`, for the subresource of that name. */
  only?: string;
}

export function within({ reset = [], only }: WriteScope, fields: FieldSet): FieldSet {
  return reset.reduce(withoutField, only === undefined ? fields : onlyField(fields, only));
}

/**
 * Records in `next.metadata.managedFields`, in place, that the manager wrote the fields that differ from `old`; who
 * owned them does so no longer. The entry's time changes only when fields were written. As in Kubernetes, entries that
 * the client sent along replace the old ones, and one empty entry forgets them all.
 *
 * To be called when `next` has been decoded and defaulted, before the server adds what nobody owns (allocated
 * addresses), so that a later server-side apply conflicts with nothing but what clients wrote.
 * @param old undefined at creation. Not changed.
 */
export function trackUpdate(old: KubeObject | undefined, next: KubeObject, owner: UpdateOwner): void {
  const node = kindNode(owner.source, owner.schemaName);
  const base = baseEntries(old, next, owner);
  const { changed, removed } = changesOf(node, old ?? emptyObject(owner), next);
  setEntries(next, recordUpdate(base, { changed: within(owner, changed), removed: within(owner, removed) }, owner));
}

/** Through a subresource, clients cannot change the entries. */
function baseEntries(old: KubeObject | undefined, next: KubeObject, owner: FieldOwner): ManagedFieldsEntry[] {
  if (owner.subresource) return entriesOf(old) ?? [];
  if (asksForReset(next)) return [];
  return entriesOf(next) ?? entriesOf(old) ?? [];
}

export function kindNode(source: SchemaSource, schemaName: string): SchemaNode {
  const node = nodeFor(source, schemaName);
  if (!node) throw new Error(`schema ${schemaName} is not defined`);
  return node;
}

/** What an object of the kind is before anybody wrote to it. */
export function emptyObject({ source, schemaName }: { source: SchemaSource; schemaName: string }): KubeObject {
  return decode(source, schemaName, {}).object;
}

/** Leaves out what nobody owns. */
export function changesOf(node: SchemaNode, before: KubeObject, after: KubeObject): FieldChanges {
  return compareFields(node, ownable(before), ownable(after));
}

/** The entries after a write with these changes. */
export function recordUpdate(
  entries: readonly ManagedFieldsEntry[],
  { changed, removed }: FieldChanges,
  owner: FieldOwner,
): ManagedFieldsEntry[] {
  const touched = union(changed, removed);
  if (isEmptySet(touched)) return [...entries];
  const named = { ...owner, manager: owner.manager || "unknown" };
  let mine: ManagedFieldsEntry | undefined;
  const result: ManagedFieldsEntry[] = [];
  for (const entry of entries) {
    const left = withoutTouched(entry, touched);
    if (isEntryOf(entry, "Update", named)) mine = left;
    else result.push(left);
  }
  if (isEmptySet(changed)) return mine ? [...result, mine] : result;
  return [...result, newEntry("Update", named, union(mine?.fieldsV1 ?? noFields, changed))];
}

/** The entry without fields that somebody else has written or removed. */
export function withoutTouched(entry: ManagedFieldsEntry, touched: FieldSet): ManagedFieldsEntry {
  const fieldsV1 = difference(entry.fieldsV1, touched);
  return fieldsV1 === entry.fieldsV1 ? entry : { ...entry, fieldsV1 };
}
