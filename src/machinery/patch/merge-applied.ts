/** Lays an applied configuration over the live object, list maps and sets item by item. */
import { cloneJson, getOwn, isObject, type JsonObject, setOwn } from "../json.ts";
import type { SchemaNode } from "../schema/node.ts";
import { itemElement } from "./path-element.ts";

/** @returns a new value; nulls that were applied are in it, so it is still to be decoded. */
export function mergeApplied(node: SchemaNode | undefined, live: unknown, applied: unknown): unknown {
  if (isObject(applied) && isObject(live) && !node?.atomic) return mergeObjects(node, live, applied);
  if (node?.kind === "list" && !node.atomic && Array.isArray(applied) && Array.isArray(live)) {
    return mergeLists(node, live, applied);
  }
  // Null instead of a granular list or map says nothing about what is in it.
  const granular = (node?.kind === "list" || node?.kind === "map" || node?.kind === "object") && !node.atomic;
  return cloneJson(applied === null && granular ? live : applied);
}

function mergeObjects(node: SchemaNode | undefined, live: JsonObject, applied: JsonObject): JsonObject {
  const result = cloneJson(live);
  for (const [name, value] of Object.entries(applied)) {
    const child =
      node?.kind === "object" ? node.fields.get(name)?.node : node?.kind === "map" ? node.element : undefined;
    setOwn(result, name, mergeApplied(child, getOwn(live, name), value));
  }
  return result;
}

/** The applied items come in their order; items that only the live list has stay before what they stood before. */
function mergeLists(node: SchemaNode, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const liveItems = live.map((item) => ({ element: itemElement(node, item), item }));
  const present = new Map(liveItems.toReversed().map(({ element, item }) => [element, item]));
  const rest = applied.map((item) => ({ element: itemElement(node, item), item }));
  const wanted = new Set(rest.map(({ element }) => element));
  const result: unknown[] = [];
  const take = (): string | undefined => {
    const next = rest.shift();
    if (next) result.push(mergeApplied(node.element, present.get(next.element), next.item));
    return next?.element;
  };
  for (const { element, item } of liveItems) {
    if (!wanted.has(element)) {
      result.push(cloneJson(item));
      continue;
    }
    const nextShared = rest.find((other) => present.has(other.element));
    if (nextShared?.element !== element) continue;
    while (take() !== element);
  }
  while (take() !== undefined);
  return result;
}
