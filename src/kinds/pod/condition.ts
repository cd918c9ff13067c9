/** The small questions that controllers ask of a Pod's status. */
import type { Pod, PodCondition } from "../../machinery/types.ts";

export function readyCondition(pod: Pod): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === "Ready");
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === "True";
}

/** Has ended, one way or the other, and will not run again. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Neither ended nor being deleted: counts as a replica. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata?.deletionTimestamp === undefined;
}

/** When the Pod last became ready (or not), in milliseconds since the epoch; 0 if it does not say. */
export function readySince(pod: Pod): number {
  const time = readyCondition(pod)?.lastTransitionTime;
  return time ? Date.parse(time) : 0;
}
