/**
 * Which fields an applied configuration names, and whether they exist and are of the right type. What a client applies
 * is not decoded first: what it does *not* say counts.
 * Rule: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import { isObject, type JsonObject, printGo, setOwn } from "../json.ts";
import type { SchemaNode } from "../schema/node.ts";
import { type FieldSet, fieldItself, fieldNode, noFields } from "./field-set.ts";
import { fieldElement, itemElement, missingKey, printElement } from "./path-element.ts";

export interface FieldsOf {
  fields: FieldSet;
  /** What is wrong, each with its path: `.spec.foo: field not declared in schema`. */
  errors: string[];
}

/** @param node of a kind. */
export function fieldsOf(node: SchemaNode, object: JsonObject): FieldsOf {
  const walk = new Walk();
  return { fields: walk.objectFields(node, object) ?? noFields, errors: walk.errors };
}

class Walk {
  readonly errors: string[] = [];
  readonly #path: string[] = [];

  /** The fields below an object that is not atomic. */
  objectFields(node: SchemaNode, object: JsonObject): FieldSet | undefined {
    const children: Record<string, FieldSet> = {};
    for (const [name, value] of Object.entries(object)) {
      const field = node.kind === "object" ? node.fields.get(name) : undefined;
      const element = fieldElement(name);
      this.#path.push(element);
      if (!field && node.kind === "object" && !node.open) this.#report("field not declared in schema");
      // A map's keys and an open object's own fields are owned themselves, a struct's field only when it is empty.
      const owned = !field || value === null || (isObject(value) && Object.keys(value).length === 0);
      const childNode = field?.node ?? (node.kind === "map" ? node.element : undefined);
      const below = value === null ? undefined : this.#valueFields(childNode, value);
      const child = below === fieldItself ? below : fieldNode(owned, below ?? noFields);
      if (child) children[element] = child;
      this.#path.pop();
    }
    return fieldNode(false, children);
  }

  /** The fields of a value: itself where it is a scalar or atomic, else those below it. */
  #valueFields(node: SchemaNode | undefined, value: unknown): FieldSet | undefined {
    if (!node || node.kind === "any") return isObject(value) ? this.#freeFields(value) : fieldItself;
    switch (node.kind) {
      case "list":
        if (!Array.isArray(value)) return this.#report(`expected list, got &{${printGo(value)}}`);
        return node.atomic ? fieldItself : this.#itemFields(node, value);
      case "object":
      case "map":
        if (!isObject(value)) return this.#report(`expected map, got &{${printGo(value)}}`);
        return node.atomic ? fieldItself : this.objectFields(node, value);
      case "integer":
      case "number":
        if (typeof value !== "number") return this.#report(`expected numeric (int or float), got ${goType(value)}`);
        return fieldItself;
      case "boolean":
        if (typeof value !== "boolean") return this.#report(`expected boolean, got &{${printGo(value)}}`);
        return fieldItself;
      case "string":
      case "bytes":
      case "time":
      case "micro-time":
        if (typeof value !== "string") {
          return this.#report(`expected string, got &value.valueUnstructured{Value:${printGo(value)}}`);
        }
        return fieldItself;
      default:
        return fieldItself;
    }
  }

  /** Where there is no schema, objects are granular and lists atomic. */
  #freeFields(object: JsonObject): FieldSet {
    const children: Record<string, FieldSet> = {};
    for (const [name, value] of Object.entries(object)) {
      const below = isObject(value) ? this.#freeFields(value) : noFields;
      setOwn(children, fieldElement(name), fieldNode(true, below) ?? fieldItself);
    }
    return children;
  }

  #itemFields(node: SchemaNode, items: readonly unknown[]): FieldSet | undefined {
    const children: Record<string, FieldSet> = {};
    for (const [index, item] of items.entries()) {
      const missing = missingKey(node, item);
      if (missing !== undefined) {
        const why = `associative list with keys has an element that omits key field ${JSON.stringify(missing)}`;
        this.#report(`element ${index}: ${why} (and doesn't have default value)`);
        continue;
      }
      const element = itemElement(node, item);
      if (children[element]) this.#report(`duplicate entries for key ${printElement(element)}`);
      this.#path.push(element);
      const below = node.listMapKeys.length > 0 ? this.#valueFields(node.element, item) : fieldItself;
      children[element] = fieldNode(true, below ?? noFields) ?? fieldItself;
      this.#path.pop();
    }
    return fieldNode(false, children);
  }

  #report(what: string): undefined {
    this.errors.push(`${this.#path.map(printElement).join("")}: ${what}`);
  }
}

function goType(value: unknown): string {
  if (typeof value === "boolean") return "bool";
  if (Array.isArray(value)) return "[]interface {}";
  return isObject(value) ? "map[string]interface {}" : typeof value;
}
