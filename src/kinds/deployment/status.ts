/** What a Deployment tells about itself: counts and conditions. */
import { timestamp } from "../../machinery/clock.ts";
import type { Stored } from "../../machinery/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";
import { desired, limits, totalActual, totalAvailable, totalDesired, totalReady } from "./sizes.ts";

export type DeploymentStatus = NonNullable<Deployment["status"]>;
export type DeploymentCondition = NonNullable<DeploymentStatus["conditions"]>[number];

type Set = Stored<ReplicaSet>;

/** Meaning "without a limit" in `progressDeadlineSeconds` and `revisionHistoryLimit`. */
export const unlimited = 2 ** 31 - 1;

export function conditionOf(status: DeploymentStatus | undefined, type: string): DeploymentCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/**
 * The conditions with this one put in. One that says the same already (status and reason) is left as it is; one that
 * only has another reason keeps the time of its last transition.
 */
export function withCondition(
  conditions: readonly DeploymentCondition[],
  { type, status, reason, message }: Pick<DeploymentCondition, "type" | "status" | "reason" | "message">,
  now: number,
): DeploymentCondition[] {
  const present = conditions.find((condition) => condition.type === type);
  if (present?.status === status && present.reason === reason) return [...conditions];
  const lastTransitionTime = present?.status === status ? present.lastTransitionTime : undefined;
  const changed: DeploymentCondition = {
    type,
    status,
    lastUpdateTime: timestamp(now),
    lastTransitionTime: lastTransitionTime ?? timestamp(now),
    ...(reason && { reason }),
    ...(message && { message }),
  };
  return [...conditions.filter((condition) => condition.type !== type), changed];
}

export function withoutCondition(conditions: readonly DeploymentCondition[], type: string): DeploymentCondition[] {
  return conditions.filter((condition) => condition.type !== type);
}

/** @param now milliseconds since the epoch. */
export function deploymentStatus(
  deployment: Stored<Deployment>,
  newSet: Set | undefined,
  oldSets: readonly Set[],
  now: number,
): DeploymentStatus {
  const newSets = newSet ? [newSet] : [];
  const sets = [...oldSets, ...newSets];
  const available = totalAvailable(sets);
  const enough = available >= desired(deployment) - limits(deployment).maxUnavailable;
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: totalActual(sets),
    updatedReplicas: totalActual(newSets),
    readyReplicas: totalReady(sets),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalDesired(sets) - available),
  };
  const { collisionCount } = deployment.status ?? {};
  return {
    // The API leaves counts of zero out.
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: withCondition(deployment.status?.conditions ?? [], availability(enough), now),
  };
}

function availability(enough: boolean) {
  return enough
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
}

/** Every replica is of the newest template and available, and no other is left. */
export function isComplete(deployment: Stored<Deployment>, status: DeploymentStatus | undefined): boolean {
  const wanted = desired(deployment);
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}
