/** The paths of a served kind as OpenAPI describes them: tools read from them which parameters a request may carry. */
import type { Verb } from "../../../machinery/kind.ts";
import type { ServedKind } from "../../api.ts";
import { verbsOf } from "../served-groups.ts";
import type { GroupVersionKind, Json } from "./schema-document.ts";

/** One HTTP method on one path. */
export interface Operation {
  method: "get" | "post" | "put" | "patch" | "delete";
  /** Kubernetes' name for what it does: `list`, `watch`, `post`, `patch`, `deletecollection`. */
  action: string;
  /** Names and types of its query parameters. */
  query: Readonly<Record<string, "string" | "integer" | "boolean">>;
  /** Whether the body, the answer, or both are the object. */
  body: "object" | "patch" | "options" | "none";
  answer: "object" | "list" | "status";
}

export interface PathOfKind {
  path: string;
  /** Names in braces, in order of the path. */
  pathParameters: readonly string[];
  operations: readonly Operation[];
}

const writing = { dryRun: "string", fieldManager: "string", fieldValidation: "string", pretty: "string" } as const;
const deleting = {
  dryRun: "string",
  gracePeriodSeconds: "integer",
  orphanDependents: "boolean",
  propagationPolicy: "string",
  pretty: "string",
} as const;
const listing = {
  allowWatchBookmarks: "boolean",
  continue: "string",
  fieldSelector: "string",
  labelSelector: "string",
  limit: "integer",
  pretty: "string",
  resourceVersion: "string",
  resourceVersionMatch: "string",
  sendInitialEvents: "boolean",
  timeoutSeconds: "integer",
  watch: "boolean",
} as const;

const collection: Partial<Record<Verb, Operation>> = {
  list: { method: "get", action: "list", query: listing, body: "none", answer: "list" },
  create: { method: "post", action: "post", query: writing, body: "object", answer: "object" },
  deletecollection: {
    method: "delete",
    action: "deletecollection",
    query: { ...listing, ...deleting },
    body: "options",
    answer: "status",
  },
};

const single: Partial<Record<Verb, Operation>> = {
  get: { method: "get", action: "get", query: { pretty: "string" }, body: "none", answer: "object" },
  update: { method: "put", action: "put", query: writing, body: "object", answer: "object" },
  patch: { method: "patch", action: "patch", query: { ...writing, force: "boolean" }, body: "patch", answer: "object" },
  delete: { method: "delete", action: "delete", query: deleting, body: "options", answer: "status" },
};

export function gvkOf({ definition, group, version }: ServedKind): GroupVersionKind {
  return { group, version, kind: definition.resource.kind };
}

/** Paths of collections and single objects, and the status. */
export function pathsOf(kind: ServedKind): PathOfKind[] {
  const { definition, group, version } = kind;
  const { plural, namespaced } = definition.resource;
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const base = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const inside = namespaced ? ["namespace"] : [];
  const verbs = verbsOf(kind);
  const pick = (all: Partial<Record<Verb, Operation>>): Operation[] => verbs.flatMap((verb) => all[verb] ?? []);
  const status = definition.status ? [single.get, single.update, single.patch].flatMap((one) => one ?? []) : [];
  const paths: PathOfKind[] = [
    { path: base, pathParameters: inside, operations: pick(collection) },
    { path: `${base}/{name}`, pathParameters: [...inside, "name"], operations: pick(single) },
    { path: `${base}/{name}/status`, pathParameters: [...inside, "name"], operations: status },
  ];
  if (namespaced && verbs.includes("list")) {
    paths.push({ path: `${root}/${plural}`, pathParameters: [], operations: collection.list ? [collection.list] : [] });
  }
  return paths.filter(({ operations }) => operations.length > 0);
}

/** Extensions that every operation carries. */
export function operationMarks({ action }: Operation, kind: ServedKind): Json {
  return { "x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvkOf(kind) };
}

/** Unique over all documents: `patchAppsV1NamespacedDeployment`. */
export function operationId({ action }: Operation, kind: ServedKind, path: string): string {
  const { resource } = kind.definition;
  const group = (kind.group.split(".")[0] || "core").replace(/^./, (first) => first.toUpperCase());
  const version = kind.version.replace(/^./, (first) => first.toUpperCase());
  const scope = path.includes("{namespace}") ? "Namespaced" : "";
  const part = path.endsWith("/status") ? "Status" : "";
  const all = resource.namespaced && !scope ? "ForAllNamespaces" : "";
  return `${action}${group}${version}${scope}${resource.kind}${part}${all}`;
}
