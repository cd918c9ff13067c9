/** Keeps `metadata.managedFields` through creates, updates and patches that are not server-side apply. */
import type { KubeObject } from "../object.ts";
import { decode } from "../schema/decode.ts";
import { nodeFor, type SchemaNode } from "../schema/node.ts";
import type { SchemaSource } from "../schema/schema.ts";
import { compareFields, type FieldChanges } from "./compare-fields.ts";
import { difference, type FieldSet, isEmptySet, noFields, union, withoutField } from "./field-set.ts";
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

export interface UpdateOwner extends FieldOwner {
  source: SchemaSource;
  /** Of both objects: `apps.v1.Deployment`. */
  schemaName: string;
  /** Top-level fields that this write cannot change, whatever the client sent: `status` for the main resource. */
  reset?: readonly string[];
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
  const changes = changesOf(node, old ?? emptyObject(owner), next);
  const written = (owner.reset ?? []).reduce(withoutField, changes.changed);
  setEntries(next, recordUpdate(base, { changed: written, removed: changes.removed }, owner));
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
