/** What a Pod may be told about itself. Rule: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/ */
import type { Stored } from "../machinery/object.ts";
import { parseQuantity } from "../machinery/quantity.ts";
import type { Container, Pod } from "../machinery/types.ts";

/** What the Pod's own object does not say. */
export interface PodFacts {
  /** IPv4 first, at least one. */
  podIps: readonly string[];
  hostIps: readonly string[];
  nodeName: string;
  /** Quantities that stand in for limits a container does not have. */
  allocatable: Readonly<Record<string, string>>;
}

/** `key="value"` lines with values quoted as Go does, in order of key. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

/** The value of `fieldRef.fieldPath`. @throws Error for a path that has none. */
export function fieldValue(pod: Stored<Pod>, path: string, facts: PodFacts): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (subscript) return metadata[subscript[1] as "labels" | "annotations"]?.[subscript[2] ?? ""] ?? "";
  switch (path) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid;
    case "metadata.labels":
      return formatMap(metadata.labels);
    case "metadata.annotations":
      return formatMap(metadata.annotations);
    case "spec.nodeName":
      return facts.nodeName;
    case "spec.serviceAccountName":
      return spec?.serviceAccountName ?? "";
    case "status.hostIP":
      return facts.hostIps[0] ?? "";
    case "status.hostIPs":
      return facts.hostIps.join(",");
    case "status.podIP":
      return facts.podIps[0] ?? "";
    case "status.podIPs":
      return facts.podIps.join(",");
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

interface ResourceReference {
  containerName?: string;
  /** `limits.cpu`, `requests.memory`, … */
  resource: string;
  divisor?: string;
}

/** The value of a `resourceFieldRef`, in units of its divisor, rounded up. @throws Error when there is no such container. */
export function resourceValue(
  pod: Stored<Pod>,
  own: Container | undefined,
  reference: ResourceReference,
  facts: PodFacts,
): string {
  const name = reference.containerName ?? own?.name;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const container = containers.find((candidate) => candidate.name === name);
  if (!container) throw new Error(`container ${name ?? ""} not found`);
  const [list = "", resource = ""] = reference.resource.split(/\.(.*)/s);
  const given = container.resources?.[list as "limits" | "requests"]?.[resource];
  const quantity = given ?? (list === "limits" ? (facts.allocatable[resource] ?? "0") : "0");
  const { nano: divisor } = parseQuantity(reference.divisor ?? "1");
  const unit = divisor === 0n ? parseQuantity("1").nano : divisor;
  return String((parseQuantity(quantity).nano + unit - 1n) / unit);
}
