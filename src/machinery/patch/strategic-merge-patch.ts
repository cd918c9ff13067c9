/**
 * Strategic merge patch: a merge patch that knows which lists merge and by which key, with directives (`$patch`,
 * `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`).
 * Rule: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { cloneJson, equalJson, getOwn, isObject, type JsonObject, jsonType, printGo, setOwn } from "../json.ts";
import type { KubeObject } from "../object.ts";
import { type Field, nodeFor, type SchemaNode } from "../schema/node.ts";
import type { SchemaSource } from "../schema/schema.ts";
import { StatusError } from "../status-error.ts";
import { inOrder } from "./list-order.ts";

const patchDirective = "$patch";
const retainKeys = "$retainKeys";
const setElementOrder = "$setElementOrder/";
const deleteFromPrimitiveList = "$deleteFromPrimitiveList/";

/**
 * @param target not changed.
 * @param patch the parsed body.
 * @returns a new object, to be decoded.
 * @throws StatusError 400 for a malformed patch, 500 (as Kubernetes does) for an item without its merge key.
 */
export function strategicMergePatch(
  target: KubeObject,
  patch: unknown,
  source: SchemaSource,
  schemaName: string,
): KubeObject {
  if (!isObject(patch)) {
    const type = jsonType(patch);
    throw StatusError.badRequest(`json: cannot unmarshal ${type} into Go value of type map[string]interface {}`);
  }
  return mergeObject({ ...target }, patch, nodeFor(source, schemaName));
}

/** @param node undefined below fields that have no schema. */
function mergeObject(target: JsonObject, patch: JsonObject, node: SchemaNode | undefined): JsonObject {
  switch (getOwn(patch, patchDirective)) {
    case undefined:
    case "merge":
      break;
    case "replace":
      return withoutDirectives(patch) as JsonObject;
    case "delete":
      return {};
    default:
      throw unknownDirective(patch);
  }
  const result = retained(target, patch);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(deleteFromPrimitiveList)) removeItems(result, key, patch[key]);
  }
  for (const [key, change] of Object.entries(patch)) {
    if (key === patchDirective || key === retainKeys || key.startsWith(deleteFromPrimitiveList)) continue;
    if (key.startsWith(setElementOrder)) {
      const name = key.slice(setElementOrder.length);
      // With a change of the list itself, the order is seen to there.
      if (!Object.hasOwn(patch, name)) reorder(result, name, change, fieldOf(node, name));
      continue;
    }
    const field = fieldOf(node, key);
    if (change === null) delete result[key];
    else
      setOwn(result, key, mergeField(getOwn(result, key), change, node, field, getOwn(patch, setElementOrder + key)));
  }
  return result;
}

function fieldOf(node: SchemaNode | undefined, name: string): Field | undefined {
  return node?.kind === "object" ? node.fields.get(name) : undefined;
}

function mergeField(
  old: unknown,
  change: unknown,
  parent: SchemaNode | undefined,
  field: Field | undefined,
  order: unknown,
): unknown {
  const strategies = field?.patchStrategy.split(",") ?? [];
  const node = field?.node ?? (parent?.kind === "map" ? parent.element : undefined);
  if (isObject(change) && isObject(old) && !strategies.includes("replace")) return mergeObject(old, change, node);
  if (Array.isArray(change) && strategies.includes("merge")) {
    return mergeList(Array.isArray(old) ? old : [], change, node?.element, field?.patchMergeKey, order);
  }
  return withoutDirectives(change);
}

/** The target without the fields that `$retainKeys` does not name. */
function retained(target: JsonObject, patch: JsonObject): JsonObject {
  const keys = getOwn(patch, retainKeys);
  if (keys === undefined) return cloneJson(target);
  if (!Array.isArray(keys)) throw StatusError.badRequest("invalid patch format of retainKeys");
  for (const key of Object.keys(patch)) {
    if (!key.startsWith("$") && patch[key] !== null && !keys.includes(key)) {
      throw StatusError.badRequest("invalid patch format of retainKeys");
    }
  }
  return cloneJson(Object.fromEntries(Object.entries(target).filter(([key]) => keys.includes(key))));
}

function removeItems(result: JsonObject, directive: string, values: unknown): void {
  const name = directive.slice(deleteFromPrimitiveList.length);
  const list = getOwn(result, name);
  if (!Array.isArray(values)) throw StatusError.badRequest("invalid patch format of primitive list");
  if (!Array.isArray(list)) return;
  setOwn(
    result,
    name,
    list.filter((item: unknown) => !values.includes(item)),
  );
}

function reorder(result: JsonObject, name: string, order: unknown, field: Field | undefined): void {
  const list = getOwn(result, name);
  if (!Array.isArray(list)) return;
  const key = field?.patchMergeKey;
  const ids = list.map((item: unknown) => identity(item, key));
  const items = list.map((item: unknown, index) => ({ id: ids[index], item }));
  setOwn(result, name, inOrder(items, wantedOrder(order, key), ids));
}

function wantedOrder(order: unknown, key: string | undefined): unknown[] {
  if (!Array.isArray(order)) throw StatusError.badRequest("invalid patch format of setElementOrder list");
  return order.map((item: unknown) => identity(item, key));
}

/** What tells an item of a list from the others: the merge key's value, or the item itself. */
function identity(item: unknown, mergeKey: string | undefined): unknown {
  if (mergeKey === undefined || !isObject(item)) return item;
  const id = getOwn(item, mergeKey);
  if (id === undefined) {
    const message = `map: ${printGo(item)} does not contain declared merge key: ${mergeKey}`;
    throw new StatusError(500, undefined, message);
  }
  return id;
}

function mergeList(
  old: readonly unknown[],
  change: readonly unknown[],
  node: SchemaNode | undefined,
  mergeKey: string | undefined,
  order: unknown,
): unknown[] {
  if (change.some((item) => isObject(item) && item[patchDirective] === "replace")) {
    return change.filter((item) => !isObject(item) || item[patchDirective] !== "replace").map(withoutDirectives);
  }
  const merged = old.map((item) => ({ id: identity(item, mergeKey), item }));
  const changed: unknown[] = [];
  for (const item of change) {
    const id = identity(item, mergeKey);
    const at = merged.findIndex((other) => equalJson(other.id, id));
    const directive = isObject(item) ? getOwn(item, patchDirective) : undefined;
    if (directive === "delete") {
      for (let index = merged.length - 1; index >= 0; index--) {
        if (equalJson(merged[index]?.id, id)) merged.splice(index, 1);
      }
      continue;
    }
    if (directive !== undefined && directive !== "merge") throw unknownDirective(item as JsonObject);
    changed.push(id);
    const present = merged[at];
    if (!present) merged.push({ id, item: withoutDirectives(item) });
    else if (isObject(item) && isObject(present.item)) present.item = mergeObject(present.item, item, node);
  }
  const live = old.map((item) => identity(item, mergeKey));
  const list = inOrder(merged, changed, live);
  if (order === undefined) return list;
  const items = list.map((item) => ({ id: identity(item, mergeKey), item }));
  return inOrder(items, wantedOrder(order, mergeKey), live);
}

function unknownDirective(patch: JsonObject): StatusError {
  const message = `unknown patch type: ${printGo(patch[patchDirective])} in map: ${printGo(patch)}`;
  return new StatusError(500, undefined, message);
}

/** A copy of what the patch puts in place of the old value, without what only told how. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !isObject(item) || item[patchDirective] !== "delete").map(withoutDirectives);
  }
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    if (key === patchDirective || key === retainKeys) continue;
    if (key.startsWith(setElementOrder) || key.startsWith(deleteFromPrimitiveList)) continue;
    if (child !== null) setOwn(result, key, withoutDirectives(child));
  }
  return result;
}
