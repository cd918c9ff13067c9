/** Which Pods stand behind a Service, which do not, and why. Pure. */
import type { Stored } from "../../machinery/object.ts";
import type { Pod, Service } from "../../machinery/types.ts";
import type { Target } from "../compile.ts";

export interface ConsideredPod {
  pod: string;
  /** In the Service's first family; absent while it has none. */
  ip?: string;
  /** Why it gets no connections; absent for endpoints. */
  excluded?: string;
  /** What is unusual about an endpoint. */
  note?: string;
}

/** Near misses worth telling of. */
const mostNearMisses = 3;

/**
 * The Pods that the Service selects, endpoints first; then those whose labels come nearest to being selected.
 * @param targets where connections go under the rules in force.
 */
export function considerPods(
  service: Service,
  targets: readonly Target[],
  pods: readonly Stored<Pod>[],
): { selected: ConsideredPod[]; nearMisses: ConsideredPod[] } {
  const selector = Object.entries(service.spec?.selector ?? {});
  if (selector.length === 0) return { selected: [], nearMisses: [] };
  const endpoints = new Set(targets.map(({ podUid }) => podUid));
  const family = service.spec?.ipFamilies?.[0] ?? "IPv4";
  const selected: ConsideredPod[] = [];
  const misses: { pod: Stored<Pod>; wrong: [string, string][] }[] = [];
  for (const pod of pods) {
    const wrong = selector.filter(([key, value]) => pod.metadata.labels?.[key] !== value);
    if (wrong.length > 0) misses.push({ pod, wrong });
    else if (endpoints.has(pod.metadata.uid)) selected.push({ ...described(pod, family), ...noteOn(pod) });
    else selected.push({ ...described(pod, family), excluded: whyNot(pod) });
  }
  selected.sort((a, b) => Number(a.excluded !== undefined) - Number(b.excluded !== undefined));
  const distance = ({ pod, wrong }: (typeof misses)[number]): number =>
    wrong.reduce((sum, [key, value]) => sum + labelDistance(pod.metadata.labels?.[key], value), 0);
  const nearest = misses
    .map((miss) => ({ ...miss, distance: distance(miss) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, mostNearMisses);
  return {
    selected,
    nearMisses: nearest.map(({ pod, wrong }) => ({ ...described(pod, family), excluded: mismatch(pod, wrong) })),
  };
}

function described({ metadata, status }: Stored<Pod>, family: string): ConsideredPod {
  const ips = status?.podIPs?.flatMap(({ ip }) => ip ?? []) ?? (status?.podIP ? [status.podIP] : []);
  const ip = ips.find((address) => address.includes(":") === (family === "IPv6")) ?? ips[0];
  return { pod: metadata.name, ...(ip && { ip }) };
}

/** Rule: https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/1669-proxy-terminating-endpoints */
function noteOn({ metadata }: Stored<Pod>): Pick<ConsideredPod, "note"> {
  return metadata.deletionTimestamp === undefined
    ? {}
    : { note: "terminating, and serving while no endpoint is ready" };
}

/** Rule: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions */
function whyNot({ metadata, status }: Stored<Pod>): string {
  if (metadata.deletionTimestamp !== undefined) return "terminating";
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return `has ended (${status.phase})`;
  if (!status?.podIP) return "has no address yet";
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") return `not ready${ready?.message ? `: ${ready.message}` : ""}`;
  return "ready, but no port of it is the Service's target port";
}

function mismatch({ metadata }: Stored<Pod>, wrong: readonly [string, string][]): string {
  return wrong
    .map(([key, wanted]) => {
      const value = metadata.labels?.[key];
      const has = value === undefined ? `has no label ${key}` : `its label ${key} is "${value}"`;
      return `${has}, the Service selects "${wanted}"`;
    })
    .join("; ");
}

/** How far a label is from what is wanted: edits per letter, from above 0 to 1; 1 for one that is missing. */
function labelDistance(value: string | undefined, wanted: string): number {
  if (value === undefined) return 1;
  let row = Array.from({ length: wanted.length + 1 }, (_, n) => n);
  for (const [i, letter] of value.split("").entries()) {
    const next = [i + 1];
    for (let j = 0; j < wanted.length; j++) {
      const replaced = (row[j] ?? 0) + (letter === wanted[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return (row[wanted.length] ?? 0) / Math.max(value.length, wanted.length, 1);
}
