/**
 * Decodes a JSON value as a type of the API, the way the API server decodes JSON into Go structs: unknown fields are
 * dropped and named, null is absence, a wrong type is an error (docs/adr/0002-structural-schemas-of-our-own.md).
 */

import { isObject, type JsonObject, jsonType, setOwn } from "../json.ts";
import type { KubeObject } from "../object.ts";
import { canonicalQuantity } from "../quantity.ts";
import { DecodeError } from "./decode-error.ts";
import { nodeFor, type SchemaNode } from "./node.ts";
import { canonicalBytes, canonicalMicroTime, canonicalTime } from "./scalars.ts";
import type { SchemaSource } from "./schema.ts";

export interface Decoded {
  /** A new object; shares nothing with the value. */
  object: KubeObject;
  /** Paths of the fields that were dropped (the first hundred): `spec.replica`, `spec.template.spec.containers[0].foo`. */
  unknownFields: string[];
}

/** Deeper than any real object; what comes after (copying, printing) recurses too. */
const deepest = 1000;

/** As many as Kubernetes tells of; a body may hold a million. */
const mostUnknownFields = 100;

/**
 * @param schemaName as in the generated schemas: `apps.v1.Deployment`.
 * @param value parsed JSON; not changed.
 * @throws DecodeError (400 BadRequest) with Kubernetes' wording.
 */
export function decode(source: SchemaSource, schemaName: string, value: unknown): Decoded {
  const node = nodeFor(source, schemaName);
  if (!node) throw new Error(`schema ${schemaName} is not defined`);
  const decoder = new Decoder(schemaName);
  if (!isObject(value)) {
    throw new DecodeError(schemaName, `json: cannot unmarshal ${jsonType(value)} into Go value of type ${node.goType}`);
  }
  const object = decoder.object(node, value) as KubeObject;
  return { object, unknownFields: decoder.unknownFields };
}

class Decoder {
  readonly unknownFields: string[] = [];
  readonly #schemaName: string;
  /** Field names and indices from the root to the value at hand. */
  readonly #path: (string | number)[] = [];
  /** Name of the innermost struct around the value at hand. */
  #struct = "";

  constructor(schemaName: string) {
    this.#schemaName = schemaName;
  }

  object(node: SchemaNode, value: JsonObject): JsonObject {
    const path = this.#path;
    const outer = this.#struct;
    this.#struct = node.structName;
    if (path.length > deepest) this.#tooDeep();
    const result: JsonObject = {};
    const fields = node.fields;
    for (const key in value) {
      const field = fields.get(key);
      const child = value[key];
      if (field === undefined) {
        if (node.open) setOwn(result, key, this.#copy(child, path.length));
        else if (this.unknownFields.length < mostUnknownFields) this.unknownFields.push(this.#print(key));
        continue;
      }
      if (child === null || child === undefined) continue;
      path.push(key);
      const decoded = this.value(field.node, child);
      path.pop();
      if (field.omitZero && (decoded === "" || decoded === 0 || decoded === false)) continue;
      if (!field.required && isEmpty(field.node, decoded)) continue;
      setOwn(result, key, decoded);
    }
    for (const field of node.alwaysPresent) {
      if (!Object.hasOwn(result, field.name)) setOwn(result, field.name, this.object(field.node, {}));
    }
    this.#struct = outer;
    return result;
  }

  /** @param value anything but null. */
  value(node: SchemaNode, value: unknown): unknown {
    switch (node.kind) {
      case "string":
        return typeof value === "string" ? value : this.#mismatch(node, value);
      case "object":
        return isObject(value) ? this.object(node, value) : this.#mismatch(node, value);
      case "list":
        return Array.isArray(value) ? this.#list(node, value) : this.#mismatch(node, value);
      case "map":
        return isObject(value) ? this.#map(node, value) : this.#mismatch(node, value);
      case "integer":
        return this.#integer(node, value);
      case "boolean":
        return typeof value === "boolean" ? value : this.#mismatch(node, value);
      case "number":
        return typeof value === "number" ? value : this.#mismatch(node, value);
      case "int-or-string":
        return typeof value === "string" ? value : this.#integer(node, value);
      case "quantity":
        return this.#text(node, printScalar(value).trim(), canonicalQuantity);
      case "time":
        return this.#text(node, value, canonicalTime);
      case "micro-time":
        return this.#text(node, value, canonicalMicroTime);
      case "bytes":
        return this.#text(node, value, canonicalBytes);
      case "any":
        return this.#copy(value, this.#path.length);
    }
  }

  #list(node: SchemaNode, value: readonly unknown[]): unknown[] {
    const element = node.element;
    const path = this.#path;
    const result: unknown[] = [];
    for (let index = 0; index < value.length; index++) {
      path.push(index);
      const item = value[index] ?? zeroOf(element);
      result.push(item === null ? null : this.value(element, item));
      path.pop();
    }
    return result;
  }

  #map(node: SchemaNode, value: JsonObject): JsonObject {
    const element = node.element;
    const result: JsonObject = {};
    // Keys do not show in Go's messages, but they do in the paths of unknown fields.
    for (const key in value) {
      const item = value[key] ?? zeroOf(element);
      if (typeof item === "string" && element.kind === "string") {
        setOwn(result, key, item);
        continue;
      }
      this.#path.push(mapKey(key));
      setOwn(result, key, item === null ? null : this.value(element, item));
      this.#path.pop();
    }
    return result;
  }

  #integer(node: SchemaNode, value: unknown): number {
    if (typeof value !== "number") return this.#mismatch(node, value);
    const wide = node.wide && node.kind === "integer";
    const inRange = wide ? Math.abs(value) <= 2 ** 63 : value >= -(2 ** 31) && value < 2 ** 31;
    if (!Number.isInteger(value) || !inRange) return this.#mismatch(node, value, `number ${value}`);
    return value;
  }

  #copy(value: unknown, depth: number): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (depth > deepest) this.#tooDeep();
    if (Array.isArray(value)) return value.map((item) => this.#copy(item, depth + 1));
    const result: JsonObject = {};
    for (const [key, child] of Object.entries(value)) setOwn(result, key, this.#copy(child, depth + 1));
    return result;
  }

  /** A string that must have a certain form; `parse` returns it as it is stored. */
  #text(node: SchemaNode, value: unknown, parse: (text: string) => string): string {
    if (typeof value !== "string") return this.#mismatch(node, value);
    try {
      return parse(value);
    } catch (error) {
      throw new DecodeError(this.#schemaName, error instanceof Error ? error.message : String(error));
    }
  }

  #mismatch(node: SchemaNode, value: unknown, found = jsonType(value)): never {
    const fields = this.#path.filter((step) => typeof step === "string" && !step.startsWith("[")).join(".");
    const where = fields ? `Go struct field ${this.#struct}.${fields}` : "Go value";
    throw new DecodeError(this.#schemaName, `json: cannot unmarshal ${found} into ${where} of type ${node.goType}`);
  }

  #tooDeep(): never {
    throw new DecodeError(this.#schemaName, "exceeded max depth");
  }

  /** The path of a field of the struct at hand. */
  #print(key: string): string {
    let text = "";
    for (const step of this.#path) {
      if (typeof step === "number") text += `[${step}]`;
      else text += text === "" || step.startsWith("[") ? step : `.${step}`;
    }
    return text === "" ? key : `${text}.${key}`;
  }
}

/** A map's key as a step of the path; the bracket tells it from a field's name. */
function mapKey(key: string): string {
  return `[${key}]`;
}

/** What null stands for in a list or as a map's value: the Go type's zero value. */
function zeroOf(node: SchemaNode): unknown {
  switch (node.kind) {
    case "string":
    case "bytes":
      return "";
    case "integer":
    case "number":
    case "int-or-string":
      return 0;
    case "boolean":
      return false;
    case "quantity":
      return "0";
    case "object":
      return {};
    default:
      return null;
  }
}

/** Empty lists and maps are left out, as Go's `omitempty` does. An empty struct says something; so it stays. */
function isEmpty(node: SchemaNode, value: unknown): boolean {
  if (node.kind === "list") return (value as unknown[]).length === 0;
  if (node.kind !== "map") return false;
  for (const _ in value as JsonObject) return false;
  return true;
}

function printScalar(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
