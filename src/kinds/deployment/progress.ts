/**
 * Whether a rollout gets on: the conditions `Progressing` and `ReplicaFailure`.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
import type { Stored } from "../../machinery/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";
import {
  conditionOf,
  type DeploymentCondition,
  type DeploymentStatus,
  isComplete,
  unlimited,
  withCondition,
  withoutCondition,
} from "./status.ts";

export const completeReason = "NewReplicaSetAvailable";
export const timedOutReason = "ProgressDeadlineExceeded";

export function hasDeadline({ spec }: Deployment): boolean {
  return spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== unlimited;
}

/**
 * @param status as counted now, with the conditions there were.
 * @param now milliseconds since the epoch.
 * @returns the conditions that tell how the rollout does.
 */
export function progressConditions(
  deployment: Stored<Deployment>,
  status: DeploymentStatus,
  newSet: Stored<ReplicaSet> | undefined,
  sets: readonly Stored<ReplicaSet>[],
  now: number,
): DeploymentCondition[] {
  const conditions = failureCondition(status.conditions ?? [], newSet, sets);
  if (!hasDeadline(deployment)) return withoutCondition(conditions, "Progressing");
  const current = conditionOf(deployment.status, "Progressing");
  // Nothing is rolled out: this is a Pod that was lost, or a change of scale.
  if (status.replicas === status.updatedReplicas && current?.reason === completeReason) return conditions;
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const told = (status: string, reason: string, what: string) => {
    return { type: "Progressing", status, reason, message: `${subject} ${what}` };
  };
  if (isComplete(deployment, status)) {
    return withCondition(conditions, told("True", completeReason, "has successfully progressed."), now);
  }
  if (hasProgressed(deployment.status, status)) {
    return refreshed(conditions, told("True", "ReplicaSetUpdated", "is progressing."), now);
  }
  if (isTimedOut(deployment, now)) {
    return withCondition(conditions, told("False", timedOutReason, "has timed out progressing."), now);
  }
  return conditions;
}

/** Progress is noted each time, even with the same words: the deadline counts from `lastUpdateTime`. */
function refreshed(
  conditions: readonly DeploymentCondition[],
  told: Pick<DeploymentCondition, "type" | "status" | "reason" | "message">,
  now: number,
): DeploymentCondition[] {
  const before = conditions.find((condition) => condition.type === told.type);
  const updated = withCondition(withoutCondition(conditions, told.type), told, now);
  if (before?.status !== told.status || !before?.lastTransitionTime) return updated;
  const { lastTransitionTime } = before;
  return updated.map((condition) => (condition.type === told.type ? { ...condition, lastTransitionTime } : condition));
}

function hasProgressed(before: DeploymentStatus = {}, after: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(deployment: Stored<Deployment>, now: number): boolean {
  const current = conditionOf(deployment.status, "Progressing");
  if (!current || current.reason === completeReason) return false;
  return current.reason === timedOutReason || remainingMs(deployment, current, now) < 0;
}

function remainingMs({ spec }: Deployment, { lastUpdateTime }: DeploymentCondition, now: number): number {
  const since = lastUpdateTime ? Date.parse(lastUpdateTime) : now;
  return since + (spec?.progressDeadlineSeconds ?? 0) * 1_000 - now;
}

/** After how long to look whether the deadline has passed. Undefined where there is nothing to wait for. */
export function deadlineCheckAfterMs(deployment: Stored<Deployment>, now: number): number | undefined {
  const current = conditionOf(deployment.status, "Progressing");
  if (!hasDeadline(deployment) || !current || current.reason === timedOutReason) return undefined;
  if (isComplete(deployment, deployment.status)) return undefined;
  // Timestamps are whole seconds: a second later the deadline has passed for certain.
  return Math.max(0, remainingMs(deployment, current, now)) + 1_000;
}

/** The newest ReplicaSet's failure to make Pods, else that of any other, is the Deployment's. */
function failureCondition(
  conditions: readonly DeploymentCondition[],
  newSet: Stored<ReplicaSet> | undefined,
  sets: readonly Stored<ReplicaSet>[],
): DeploymentCondition[] {
  const failure = [...(newSet ? [newSet] : []), ...sets]
    .flatMap((set) => set.status?.conditions ?? [])
    .find((condition) => condition.type === "ReplicaFailure");
  const others = withoutCondition(conditions, "ReplicaFailure");
  if (!failure) return others;
  const told = conditions.find((condition) => condition.type === "ReplicaFailure");
  if (told?.status === failure.status && told.reason === failure.reason) return [...conditions];
  const { type, status, lastTransitionTime, reason, message } = failure;
  const times = lastTransitionTime ? { lastUpdateTime: lastTransitionTime, lastTransitionTime } : {};
  return [...others, { type, status, ...times, ...(reason && { reason }), ...(message && { message }) }];
}
