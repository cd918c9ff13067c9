/** Which Pods a Pod wants beside it, and which not: pure. Rule: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity */
import { matches, selectorFromObject } from "../machinery/selector.ts";
import type { Node, Pod, PodSpec } from "../machinery/types.ts";

type Term = NonNullable<
  NonNullable<NonNullable<PodSpec["affinity"]>["podAffinity"]>["requiredDuringSchedulingIgnoredDuringExecution"]
>[number];

/** Labels of a namespace, for `namespaceSelector`. */
export type NamespaceLabels = (name: string) => Readonly<Record<string, string>> | undefined;

function selects(term: Term, owner: Pod, other: Pod, labelsOf: NamespaceLabels): boolean {
  const namespace = other.metadata?.namespace ?? "";
  const named = term.namespaces?.includes(namespace) ?? false;
  const byLabels =
    term.namespaceSelector !== undefined && matches(selectorFromObject(term.namespaceSelector), labelsOf(namespace));
  const own = !term.namespaces?.length && !term.namespaceSelector && namespace === owner.metadata?.namespace;
  if (!named && !byLabels && !own) return false;
  return term.labelSelector !== undefined && matches(selectorFromObject(term.labelSelector), other.metadata?.labels);
}

/**
 * Why the Pod cannot be on the node beside those that are there; undefined when it can.
 * With one node every topology that the node has a label for is the node itself.
 */
export function podAffinityReason(
  pod: Pod,
  node: Node,
  present: readonly Pod[],
  labelsOf: NamespaceLabels,
): { reason: string; resolvable: boolean } | undefined {
  const has = ({ topologyKey }: Term) => node.metadata?.labels?.[topologyKey] !== undefined;
  const wanted = pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const met = wanted.every(
    (term) =>
      has(term) &&
      // The first of a group that wants its own kind beside it has to start somewhere.
      [...present, pod].some((other) => selects(term, pod, other, labelsOf)),
  );
  if (!met) return { reason: "node(s) didn't match pod affinity rules", resolvable: false };
  const unwanted = (of: Pod) =>
    of.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.filter(has) ?? [];
  if (unwanted(pod).some((term) => present.some((other) => selects(term, pod, other, labelsOf)))) {
    return { reason: "node(s) didn't match pod anti-affinity rules", resolvable: true };
  }
  if (present.some((other) => unwanted(other).some((term) => selects(term, other, pod, labelsOf)))) {
    return { reason: "node(s) didn't satisfy existing pods anti-affinity rules", resolvable: true };
  }
  return undefined;
}
