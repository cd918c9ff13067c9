/** How the items of lists are told apart in a {@link FieldSet}, and how its paths are printed. */
import { getOwn, isObject, type JsonObject } from "../json.ts";
import type { SchemaNode } from "../schema/node.ts";

export function fieldElement(name: string): string {
  return `f:${name}`;
}

/**
 * The element of an item: `k:{"name":"x"}` in a list map, `v:"x"` in a set.
 * @param list node of a list that is not atomic.
 */
export function itemElement(list: SchemaNode, item: unknown): string {
  const keys = list.listMapKeys;
  if (keys.length === 0) return `v:${JSON.stringify(item)}`;
  const key: JsonObject = {};
  for (const name of [...keys].sort()) key[name] = keyValue(list, item, name) ?? null;
  return `k:${JSON.stringify(key)}`;
}

/** The item's value for a part of the key, or the server's default for it. */
function keyValue(list: SchemaNode, item: unknown, name: string): unknown {
  const value = isObject(item) ? getOwn(item, name) : undefined;
  return value ?? list.element.fields.get(name)?.default;
}

/** The first part of the key that the item lacks. */
export function missingKey(list: SchemaNode, item: unknown): string | undefined {
  return list.listMapKeys.find((name) => keyValue(list, item, name) === undefined);
}

/** As in conflicts: `.spec.template.spec.containers[name="c"].image`. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join("");
}

export function printElement(element: string): string {
  const text = element.slice(2);
  switch (element[0]) {
    case "f":
      return `.${text}`;
    case "v":
      return `[=${text}]`;
    case "k": {
      const key = JSON.parse(text) as JsonObject;
      const parts = Object.entries(key).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return `[${parts.join(",")}]`;
    }
    default:
      return `[${text}]`;
  }
}
