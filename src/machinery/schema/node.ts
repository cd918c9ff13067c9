/**
 * A schema made ready for walking: references resolved, fields in a map, the kind of value decided. Nodes are built when
 * first asked for and shared, so that a Pod's schema costs nothing until a Pod comes by.
 */
import type { Schema, SchemaSource } from "./schema.ts";

export type NodeKind =
  | "object"
  | "map"
  | "list"
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "int-or-string"
  | "quantity"
  | "time"
  | "micro-time"
  | "bytes"
  /** Anything, kept as it is. */
  | "any";

export interface Field {
  readonly name: string;
  readonly node: SchemaNode;
  readonly required: boolean;
  /** For strategic merge patch. */
  readonly patchMergeKey: string | undefined;
  readonly patchStrategy: string;
  readonly omitZero: boolean;
  readonly alwaysPresent: boolean;
  readonly default: string | undefined;
}

export class SchemaNode {
  readonly kind: NodeKind;
  readonly #source: SchemaSource;
  readonly #schema: Schema;
  /** Name of the definition, for `object`; empty for inline ones. */
  readonly #definition: string;
  #fields: ReadonlyMap<string, Field> | undefined;
  #alwaysPresent: readonly Field[] | undefined;
  #element: SchemaNode | undefined;

  constructor(source: SchemaSource, schema: Schema, definition: string) {
    this.#source = source;
    this.#schema = schema;
    this.#definition = definition;
    this.kind = kindOf(schema);
  }

  /** Fields of an `object`. */
  get fields(): ReadonlyMap<string, Field> {
    this.#fields ??= new Map(
      Object.entries(this.#schema.properties ?? {}).map(([name, schema]) => [name, this.#field(name, schema)]),
    );
    return this.#fields;
  }

  /** Fields that are there even when nobody wrote them. */
  get alwaysPresent(): readonly Field[] {
    this.#alwaysPresent ??= [...this.fields.values()].filter((field) => field.alwaysPresent);
    return this.#alwaysPresent;
  }

  /** What a `map` or `list` holds. */
  get element(): SchemaNode {
    this.#element ??= resolve(this.#source, this.#schema.items ?? this.#schema.additionalProperties ?? anything);
    return this.#element;
  }

  /** Unknown fields of this `object` are kept. */
  get open(): boolean {
    return this.#schema.preserveUnknownFields === true;
  }

  /** Server-side apply replaces this list, map or object whole. */
  get atomic(): boolean {
    if (this.kind === "list") return (this.#schema.listType ?? "atomic") === "atomic";
    return this.#schema.mapType === "atomic";
  }

  /** Field names whose values tell the items of a list map apart; empty for sets and atomic lists. */
  get listMapKeys(): readonly string[] {
    return this.#schema.listType === "map" ? (this.#schema.listMapKeys ?? []) : [];
  }

  /** For a whole number: 64 bits rather than 32. */
  get wide(): boolean {
    return this.#schema.format !== "int32";
  }

  get enum(): readonly string[] | undefined {
    return this.#schema.enum;
  }

  /** Name of the Go struct: `DeploymentSpec`. */
  get structName(): string {
    return this.#definition.slice(this.#definition.lastIndexOf(".") + 1);
  }

  /** The Go type, as error messages name it: `v1.DeploymentSpec`, `[]v1.Container`, `int32`. */
  get goType(): string {
    switch (this.kind) {
      case "object":
        return this.#definition.split(".").slice(-2).join(".") || "map[string]interface {}";
      case "map":
        return this.element.kind === "quantity" ? "v1.ResourceList" : `map[string]${this.element.goType}`;
      case "list":
        return `[]${this.element.goType}`;
      case "integer":
        return this.wide ? "int64" : "int32";
      case "number":
        return "float64";
      case "boolean":
        return "bool";
      case "int-or-string":
        return "int32";
      case "quantity":
        return "resource.Quantity";
      case "bytes":
        return "[]uint8";
      case "string":
      case "time":
      case "micro-time":
        return "string";
      case "any":
        return "interface {}";
    }
  }

  #field(name: string, schema: Schema): Field {
    const source = this.#source;
    let node: SchemaNode | undefined;
    return {
      name,
      get node() {
        return (node ??= resolve(source, schema));
      },
      required: this.#schema.required?.includes(name) ?? false,
      patchMergeKey: schema.patchMergeKey,
      patchStrategy: schema.patchStrategy ?? "",
      omitZero: schema.omitZero === true,
      alwaysPresent: schema.alwaysPresent === true,
      default: schema.default,
    };
  }
}

const anything: Schema = { preserveUnknownFields: true };

function kindOf(schema: Schema): NodeKind {
  switch (schema.format) {
    case "int-or-string":
      return "int-or-string";
    case "quantity":
      return "quantity";
    case "date-time":
      return "time";
    case "micro-time":
      return "micro-time";
    case "byte":
      return "bytes";
  }
  switch (schema.type) {
    case "array":
      return "list";
    case "object":
      if (schema.properties) return "object";
      return schema.additionalProperties ? "map" : schema.preserveUnknownFields ? "any" : "object";
    case undefined:
      return schema.properties ? "object" : "any";
    default:
      return schema.type;
  }
}

const nodes = new WeakMap<SchemaSource, WeakMap<Schema, SchemaNode>>();

/** The node of a definition; undefined when the source has none of that name. */
export function nodeFor(source: SchemaSource, name: string): SchemaNode | undefined {
  const schema = source(name);
  return schema && shared(source, schema, name);
}

function shared(source: SchemaSource, schema: Schema, definition: string): SchemaNode {
  let known = nodes.get(source);
  if (!known) nodes.set(source, (known = new WeakMap()));
  let node = known.get(schema);
  if (!node) known.set(schema, (node = new SchemaNode(source, schema, definition)));
  return node;
}

function resolve(source: SchemaSource, schema: Schema): SchemaNode {
  if (schema.ref === undefined) return shared(source, schema, "");
  const target = source(schema.ref);
  if (!target) throw new Error(`schema ${schema.ref} is not defined`);
  if (schema.mapType === undefined || schema.mapType === target.mapType) return shared(source, target, schema.ref);
  return new SchemaNode(source, { ...target, mapType: schema.mapType }, schema.ref);
}
