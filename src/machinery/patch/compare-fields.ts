/** Which fields differ between two objects of a kind, as {@link FieldSet}s. */
import { equalJson, getOwn, isObject, type JsonObject } from "../json.ts";
import type { SchemaNode } from "../schema/node.ts";
import { type FieldSet, fieldItself, fieldNode, noFields } from "./field-set.ts";
import { fieldElement, itemElement } from "./path-element.ts";

export interface FieldChanges {
  /** Fields that are new or have another value. */
  changed: FieldSet;
  /** Fields that are gone. */
  removed: FieldSet;
}

const none: FieldChanges = { changed: noFields, removed: noFields };

/** The changes at one place: of the value itself, and below it. Undefined when there are none. */
type Change = { changed: FieldSet | undefined; removed: FieldSet | undefined } | undefined;

const appeared: Change = { changed: fieldItself, removed: undefined };
const vanished: Change = { changed: undefined, removed: fieldItself };

/** Both objects have been decoded. */
export function compareFields(node: SchemaNode, before: JsonObject, after: JsonObject): FieldChanges {
  const change = compareChildren(node, before, after, false);
  return change ? { changed: change.changed ?? noFields, removed: change.removed ?? noFields } : none;
}

/**
 * @param before undefined when the field was not there; null when its parent was there and always prints it (a
 *   required list: `containers: null`), so that only what is in it is new.
 */
function compareValue(node: SchemaNode | undefined, before: unknown, after: unknown): Change {
  if (before === after) return undefined;
  if (isContainer(node, before, after) && !(isEmpty(before) && isEmpty(after))) {
    return compareChildren(node, before ?? undefined, after ?? undefined, true, before === null || after === null);
  }
  if (before === undefined) return after === null ? undefined : appeared;
  if (after === undefined) return before === null ? undefined : vanished;
  return equalJson(before, after) ? undefined : appeared;
}

/** Whether fields below the value are told apart. Without a schema they are, in objects. */
function isContainer(node: SchemaNode | undefined, before: unknown, after: unknown): boolean {
  if (!node || node.kind === "any") {
    return (isObject(before) || before === undefined) && (isObject(after) || after === undefined);
  }
  return (node.kind === "object" || node.kind === "map" || node.kind === "list") && !node.atomic;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (!isObject(value)) return true;
  for (const _ in value) return false;
  return true;
}

function compareChildren(
  node: SchemaNode | undefined,
  before: unknown,
  after: unknown,
  below: boolean,
  printed = false,
): Change {
  const changed: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  const note = (element: string, change: Change): void => {
    if (change?.changed) changed[element] = change.changed;
    if (change?.removed) removed[element] = change.removed;
  };
  if (node?.kind === "list") compareItems(node, before, after, note);
  else compareObjects(node, before, after, note);
  const whole = below && !printed;
  const result = {
    changed: fieldNode(whole && before === undefined, changed),
    removed: fieldNode(whole && after === undefined, removed),
  };
  return result.changed || result.removed ? result : undefined;
}

type Note = (element: string, change: Change) => void;

function compareObjects(node: SchemaNode | undefined, before: unknown, after: unknown, note: Note): void {
  const [old, next] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  const fields = node?.kind === "object" ? node.fields : undefined;
  const element = node?.kind === "map" ? node.element : undefined;
  const compare = (name: string): void => {
    const field = fields?.get(name);
    const printed = field?.required ? null : undefined;
    const left = getOwn(old, name) ?? (isObject(before) ? printed : undefined);
    const right = getOwn(next, name) ?? (isObject(after) ? printed : undefined);
    note(fieldElement(name), compareValue(field?.node ?? element, left, right));
  };
  for (const name in next) if (next[name] !== getOwn(old, name)) compare(name);
  for (const name in old) if (!Object.hasOwn(next, name)) compare(name);
}

function compareItems(node: SchemaNode, before: unknown, after: unknown, note: Note): void {
  const old = itemsByElement(node, before);
  const next = itemsByElement(node, after);
  for (const element of new Set([...next.keys(), ...old.keys()])) {
    const [left, right] = [old.get(element) ?? [], next.get(element) ?? []];
    if (left.length > 1 || right.length > 1) note(element, equalJson(left, right) ? undefined : appeared);
    else note(element, compareItem(node, left[0], right[0]));
  }
}

function compareItem(list: SchemaNode, before: unknown, after: unknown): Change {
  if (list.listMapKeys.length > 0) return compareValue(list.element, before, after);
  return before === undefined ? appeared : after === undefined ? vanished : undefined;
}

function itemsByElement(node: SchemaNode, value: unknown): Map<string, unknown[]> {
  const result = new Map<string, unknown[]>();
  if (!Array.isArray(value)) return result;
  for (const item of value as unknown[]) {
    const element = itemElement(node, item);
    const same = result.get(element);
    if (same) same.push(item);
    else result.set(element, [item]);
  }
  return result;
}
