/**
 * Whether a Pod fits a node beside the Pods that are there, and why not, in the scheduler's words: pure.
 * Rule: https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins (the filters, in their order)
 */
import { quantityMilliValue } from "../machinery/quantity.ts";
import { isCordonTaint, unschedulableTaint, untolerated } from "../machinery/taints.ts";
import type { Node, Pod, PodSpec } from "../machinery/types.ts";
import { wantsNode } from "./node-affinity.ts";
import { type NamespaceLabels, podAffinityReason } from "./pod-affinity.ts";
import { podRequests } from "./requests.ts";

export interface Misfit {
  /** `Insufficient cpu`, `node(s) were unschedulable`, … */
  reasons: string[];
  /** Whether it could help if Pods of lower priority went. */
  resolvable: boolean;
}

/** @param present Pods assigned to the node that have not ended. */
export function misfit(pod: Pod, node: Node, present: readonly Pod[], labelsOf: NamespaceLabels): Misfit | undefined {
  const spec = pod.spec as PodSpec;
  const unresolvable = (reason: string): Misfit => ({ reasons: [reason], resolvable: false });
  if (node.spec?.unschedulable && untolerated(spec, [unschedulableTaint])) {
    return unresolvable("node(s) were unschedulable");
  }
  // What its taint says the node has said itself; the taint may outlive that for a moment.
  const taints = (node.spec?.taints ?? []).filter((taint) => !isCordonTaint(taint));
  const taint = untolerated(spec, taints);
  if (taint) return unresolvable(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`);
  if (!wantsNode(spec, node)) return unresolvable("node(s) didn't match Pod's node affinity/selector");
  if (hostPortsClash(spec, present)) {
    return { reasons: ["node(s) didn't have free ports for the requested pod ports"], resolvable: true };
  }
  const insufficient = insufficientResources(spec, node, present);
  if (insufficient) return insufficient;
  const spread = (spec.topologySpreadConstraints ?? []).some(
    ({ whenUnsatisfiable, topologyKey }) =>
      whenUnsatisfiable === "DoNotSchedule" && node.metadata?.labels?.[topologyKey] === undefined,
  );
  // On one node the Pods of a domain cannot be spread unevenly: only a missing label can stand in the way.
  if (spread) return unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");
  const affinity = podAffinityReason(pod, node, present, labelsOf);
  return affinity && { reasons: [affinity.reason], resolvable: affinity.resolvable };
}

function hostPorts(spec: PodSpec): { ip: string; protocol: string; port: number }[] {
  return [...spec.containers, ...(spec.initContainers ?? []).filter((init) => init.restartPolicy === "Always")]
    .flatMap((container) => container.ports ?? [])
    .flatMap(({ hostPort, hostIP, protocol = "TCP" }) =>
      hostPort ? [{ ip: hostIP || "0.0.0.0", protocol, port: hostPort }] : [],
    );
}

function hostPortsClash(spec: PodSpec, present: readonly Pod[]): boolean {
  const wanted = hostPorts(spec);
  if (wanted.length === 0) return false;
  const taken = present.flatMap((pod) => (pod.spec ? hostPorts(pod.spec) : []));
  return wanted.some((one) =>
    taken.some(
      (other) =>
        one.port === other.port &&
        one.protocol === other.protocol &&
        (one.ip === other.ip || one.ip === "0.0.0.0" || other.ip === "0.0.0.0"),
    ),
  );
}

function insufficientResources(spec: PodSpec, node: Node, present: readonly Pod[]): Misfit | undefined {
  const allocatable = node.status?.allocatable ?? {};
  const reasons: string[] = [];
  let resolvable = true;
  const mostPods = Number(allocatable["pods"] ?? Number.POSITIVE_INFINITY);
  if (present.length + 1 > mostPods) reasons.push("Too many pods");
  const used = new Map<string, number>();
  for (const other of present) {
    for (const [name, amount] of podRequests(other.spec as PodSpec)) used.set(name, (used.get(name) ?? 0) + amount);
  }
  for (const [name, wanted] of podRequests(spec)) {
    if (wanted === 0) continue;
    const capacity = quantityMilliValue(allocatable[name] ?? "0");
    if (wanted <= capacity - (used.get(name) ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    if (wanted > capacity) resolvable = false;
  }
  return reasons.length > 0 ? { reasons: reasons.sort(), resolvable } : undefined;
}

/** The message of the Event and of the condition `PodScheduled`. */
export function unschedulableMessage(pod: Pod, { reasons, resolvable }: Misfit): string {
  const counted = reasons.map((reason) => `1 ${reason}`).join(", ");
  const preemption =
    pod.spec?.preemptionPolicy === "Never"
      ? "not eligible due to preemptionPolicy=Never."
      : `0/1 nodes are available: 1 ${
          resolvable ? "No preemption victims found for incoming pod." : "Preemption is not helpful for scheduling."
        }`;
  return `0/1 nodes are available: ${counted}. preemption: ${preemption}`;
}
