/** What is served, ordered by group and version as discovery shows it. */
import type { Verb } from "../../machinery/kind.ts";
import type { ServedKind } from "../api.ts";

export interface ServedVersionOfGroup {
  version: string;
  kinds: readonly ServedKind[];
}

export interface ServedGroup {
  /** `""` for the core group. */
  group: string;
  /** The preferred one first. */
  versions: readonly ServedVersionOfGroup[];
}

/** Groups and versions in the order in which the kinds name them, the core group first; kinds by name. */
export function servedGroups(served: readonly ServedKind[]): ServedGroup[] {
  const groups = new Map<string, Map<string, ServedKind[]>>([["", new Map()]]);
  for (const kind of served) {
    const versions = groups.get(kind.group) ?? new Map<string, ServedKind[]>();
    groups.set(kind.group, versions);
    versions.set(kind.version, [...(versions.get(kind.version) ?? []), kind]);
  }
  return [...groups]
    .filter(([, versions]) => versions.size > 0)
    .map(([group, versions]) => ({
      group,
      versions: [...versions].map(([version, kinds]) => ({ version, kinds: kinds.sort(byPlural) })),
    }));
}

function byPlural(a: ServedKind, b: ServedKind): number {
  return a.definition.resource.plural < b.definition.resource.plural ? -1 : 1;
}

const everyVerb: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** In order of the alphabet. */
export function verbsOf({ definition }: ServedKind): readonly Verb[] {
  if (definition.virtual) return ["create"];
  return definition.verbs ? everyVerb.filter((verb) => definition.verbs?.includes(verb)) : everyVerb;
}

export interface ServedSubresource {
  name: string;
  kind: { group: string; version: string; kind: string };
  verbs: readonly string[];
}

const connectVerbs: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** By name, `status` among them. */
export function subresourcesOf({ definition, group, version }: ServedKind): ServedSubresource[] {
  const own = { group, version, kind: definition.resource.kind };
  const updates = ["get", "patch", "update"];
  const found: ServedSubresource[] = definition.status ? [{ name: "status", kind: own, verbs: updates }] : [];
  for (const [name, part] of Object.entries(definition.subresources ?? {})) {
    if (name === "status" && definition.status) continue;
    const kind = part.kind ?? own;
    if (part.type === "update") found.push({ name, kind, verbs: updates });
    else if (part.type === "create") found.push({ name, kind, verbs: ["create"] });
    else found.push({ name, kind, verbs: part.methods.flatMap((method) => connectVerbs[method] ?? []).sort() });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
