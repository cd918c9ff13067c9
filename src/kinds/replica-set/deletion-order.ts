/**
 * Which Pods go first when there are too many.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset. That Pods on
 * crowded nodes go first cannot matter on one host.
 */
import type { Stored } from "../../machinery/object.ts";
import type { Pod } from "../../machinery/types.ts";
import { isReady, readySince } from "../pod/condition.ts";

const costAnnotation = "controller.kubernetes.io/pod-deletion-cost";

const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** @returns the `count` of the Pods to delete. @param now milliseconds since the epoch. */
export function podsToDelete(pods: readonly Stored<Pod>[], count: number, now: number): Stored<Pod>[] {
  return [...pods].sort((a, b) => compare(a, b, now)).slice(0, count);
}

function compare(a: Stored<Pod>, b: Stored<Pod>, now: number): number {
  return (
    Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName)) ||
    phaseRank(a) - phaseRank(b) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    (isReady(a) ? magnitude(readySince(a), now) - magnitude(readySince(b), now) : 0) ||
    restarts(b) - restarts(a) ||
    magnitude(createdAt(a), now) - magnitude(createdAt(b), now) ||
    (a.metadata.uid < b.metadata.uid ? -1 : 1)
  );
}

function phaseRank(pod: Pod): number {
  return phaseOrder[pod.status?.phase ?? ""] ?? 0;
}

function deletionCost(pod: Stored<Pod>): number {
  const text = pod.metadata.annotations?.[costAnnotation] ?? "";
  return /^-?(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}

function createdAt(pod: Stored<Pod>): number {
  return Date.parse(pod.metadata.creationTimestamp);
}

/**
 * Ages compare by their order of magnitude (powers of two), so that of Pods of about the same age a random one goes,
 * not always the youngest. Rule: KEP-2185.
 */
function magnitude(since: number, now: number): number {
  const age = now - since;
  return age <= 0 ? -1 : Math.floor(Math.log2(age * 1e6));
}
