/**
 * Schemas of API types, as the build generates them from `kubernetes-types` plus the merge keys
 * (scripts/generate-schemas.mjs). One structure serves decoding, patching, server-side apply and OpenAPI.
 */

/** One type or field. Small on purpose: what the Kubernetes API's own structural schemas can say. */
export interface Schema {
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  /** `int-or-string`, `quantity`, `date-time`, `micro-time`, `byte`, `int32`, `int64`, `double`. */
  format?: string;
  description?: string;
  /** Name of another definition: `core.v1.PodSpec`. */
  ref?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  /** Map values. */
  additionalProperties?: Schema;
  items?: Schema;
  /** Fields of any name and type are kept (CustomResources, RawExtension). */
  preserveUnknownFields?: boolean;
  /** Server-side apply: how a list merges. `atomic` if absent. */
  listType?: "atomic" | "set" | "map";
  listMapKeys?: readonly string[];
  /** `granular` if absent. */
  mapType?: "atomic" | "granular";
  /** Strategic merge patch. */
  patchMergeKey?: string;
  /** `merge`, `replace`, `retainKeys` or `merge,retainKeys`. */
  patchStrategy?: string;
  enum?: readonly string[];
  /** The server's default, where it is part of a list map's key (`protocol`). */
  default?: string;
  /** A struct that Kubernetes holds by value: it is there, as `{}`, though nobody wrote it. */
  alwaysPresent?: boolean;
  /** A scalar that Kubernetes leaves out when it is "", 0 or false. */
  omitZero?: boolean;
}

/** Finds a definition by name (`apps.v1.Deployment`); undefined when there is none. */
export type SchemaSource = (name: string) => Schema | undefined;
