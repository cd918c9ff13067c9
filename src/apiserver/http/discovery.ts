/**
 * What the API serves, group by group and version by version.
 * Rule: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
import { apiVersionOf } from "../../machinery/resource.ts";
import type { ServedKind } from "../api.ts";
import { type ServedGroup, subresourcesOf, verbsOf } from "./served-groups.ts";

/** GET /api. @param address host and port under which the client reached the server. */
export function apiVersions(groups: readonly ServedGroup[], address: string) {
  const core = groups.find(({ group }) => group === "");
  return {
    kind: "APIVersions",
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  };
}

/** GET /apis */
export function apiGroupList(groups: readonly ServedGroup[]) {
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: groups.filter(({ group }) => group !== "").map(describeGroup),
  };
}

/** GET /apis/<group>; undefined when there is none. */
export function apiGroup(groups: readonly ServedGroup[], name: string) {
  const found = groups.find(({ group }) => group === name && group !== "");
  return found && { kind: "APIGroup", apiVersion: "v1", ...describeGroup(found) };
}

function describeGroup({ group, versions }: ServedGroup) {
  const named = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: named, preferredVersion: named[0] };
}

/** GET /api/v1 and /apis/<group>/<version>; undefined when there is none. */
export function apiResourceList(groups: readonly ServedGroup[], group: string, version: string) {
  const found = groups.find((served) => served.group === group)?.versions.find((served) => served.version === version);
  if (!found) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf({ group, version }),
    resources: found.kinds.flatMap(describeKind),
  };
}

function describeKind(kind: ServedKind): object[] {
  const { resource, singular, shortNames, categories } = kind.definition;
  const { plural: name, namespaced } = resource;
  const own = {
    name,
    singularName: singular,
    namespaced,
    kind: resource.kind,
    verbs: verbsOf(kind),
    ...(shortNames && kind.listsShortNames !== false && { shortNames }),
    ...(categories && { categories }),
  };
  const parts = subresourcesOf(kind).map((part) => ({
    name: `${name}/${part.name}`,
    singularName: "",
    namespaced,
    // Only where it is not that of the list.
    ...((part.kind.group !== kind.group || part.kind.version !== kind.version) && {
      group: part.kind.group,
      version: part.kind.version,
    }),
    kind: part.kind.kind,
    verbs: part.verbs,
  }));
  return [own, ...parts];
}
