/** Takes the fields out of an object that its applier has given up. */
import { isObject, type JsonObject, setOwn } from "../json.ts";
import type { SchemaNode } from "../schema/node.ts";
import { type FieldSet, includes } from "./field-set.ts";
import { fieldElement, itemElement } from "./path-element.ts";

/**
 * Removes what `given` names and `kept` does not, with all below it. A struct counts as named when anything in it is;
 * a list item or a map's key only when it is named itself.
 * @returns the value without them; undefined when nothing is left of it.
 */
export function removeGivenUp(
  node: SchemaNode | undefined,
  value: unknown,
  given: FieldSet | undefined,
  kept: FieldSet | undefined,
): unknown {
  if (!given) return value;
  if (Array.isArray(value)) return node?.kind === "list" && !node.atomic ? fromList(node, value, given, kept) : value;
  return isObject(value) && !node?.atomic ? fromObject(node, value, given, kept) : value;
}

function fromObject(
  node: SchemaNode | undefined,
  object: JsonObject,
  given: FieldSet,
  kept: FieldSet | undefined,
): JsonObject | undefined {
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(object)) {
    const field = node?.kind === "object" ? node.fields.get(name) : undefined;
    const element = fieldElement(name);
    const [mine, others] = [given[element], kept?.[element]];
    if (field ? mine && !others : includes(mine) && !includes(others)) continue;
    const child = field?.node ?? (node?.kind === "map" ? node.element : undefined);
    const left = removeGivenUp(child, value, mine, others);
    if (left !== undefined) setOwn(result, name, left);
  }
  return unlessEmptied(result, object);
}

function fromList(
  node: SchemaNode,
  list: readonly unknown[],
  given: FieldSet,
  kept: FieldSet | undefined,
): unknown[] | undefined {
  const result: unknown[] = [];
  for (const item of list) {
    const element = itemElement(node, item);
    const [mine, others] = [given[element], kept?.[element]];
    if (includes(mine) && !includes(others)) continue;
    const left = removeGivenUp(node.element, item, mine, others);
    if (left !== undefined) result.push(left);
  }
  return unlessEmptied(result, list);
}

/** What became empty goes; what was empty stays. */
function unlessEmptied<T extends object>(result: T, before: object): T | undefined {
  return Object.keys(result).length === 0 && Object.keys(before).length > 0 ? undefined : result;
}
