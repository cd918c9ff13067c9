/**
 * All of discovery in two documents, as kubectl asks for it since 1.27.
 * Rule: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
 */
import type { ServedKind } from "../api.ts";
import { parseAccept } from "./media-types.ts";
import { type ServedGroup, subresourcesOf, verbsOf } from "./served-groups.ts";

export type AggregatedVersion = "v2" | "v2beta1";

/** The version of `apidiscovery.k8s.io` the client would like best; undefined when it wants the plain documents, or wants them more. */
export function aggregatedVersionOf(accept: string | undefined): AggregatedVersion | undefined {
  for (const { type, parameters } of parseAccept(accept ?? "")) {
    if (type !== "application/json") continue;
    if (!parameters.has("as")) return undefined;
    const version = parameters.get("v");
    const asks = parameters.get("g") === "apidiscovery.k8s.io" && parameters.get("as") === "APIGroupDiscoveryList";
    if (asks && (version === "v2" || version === "v2beta1")) return version;
  }
  return undefined;
}

export function aggregatedContentType(version: AggregatedVersion): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
}

/** GET /api (with the core group) or /apis (with all others). */
export function groupDiscoveryList(groups: readonly ServedGroup[], version: AggregatedVersion) {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: { ...(group && { name: group }), creationTimestamp: null },
      versions: versions.map((served) => ({
        version: served.version,
        resources: served.kinds.map(describeKind),
        freshness: "Current",
      })),
    })),
  };
}

function describeKind(kind: ServedKind) {
  const { definition, group, version } = kind;
  const { resource, singular, shortNames, categories } = definition;
  const parts = subresourcesOf(kind).map((part) => ({
    subresource: part.name,
    responseKind: part.kind,
    verbs: part.verbs,
  }));
  return {
    resource: resource.plural,
    responseKind: { group, version, kind: resource.kind },
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: verbsOf(kind),
    ...(shortNames && kind.listsShortNames !== false && { shortNames }),
    ...(categories && { categories }),
    ...(parts.length > 0 && { subresources: parts }),
  };
}
