/** The status that ReplicaSets and ReplicationControllers share. */
import { timestamp } from "../../machinery/clock.ts";
import { equal } from "../../machinery/equal.ts";
import type { Stored } from "../../machinery/object.ts";
import type { Pod, ReplicaSet, ReplicationController } from "../../machinery/types.ts";
import { availabilityOf, soonest, type TrafficCheck } from "../pod/availability.ts";
import { isReady } from "../pod/condition.ts";

export type ReplicaOwner = ReplicaSet | ReplicationController;
export type ReplicaStatus = NonNullable<ReplicaSet["status"]>;

/** Why there are too few Pods, or too many. */
export interface ReplicaFailure {
  reason: "FailedCreate" | "FailedDelete";
  error: Error;
}

/**
 * @param pods active ones that the owner manages.
 * @param now milliseconds since the epoch.
 * @returns the status, and after how long it would be another without anything but time going by.
 */
export function replicaStatus(
  owner: Stored<ReplicaOwner>,
  pods: readonly Stored<Pod>[],
  failure: ReplicaFailure | undefined,
  now: number,
  hasTraffic: TrafficCheck,
): { status: ReplicaStatus; recheckAfterMs?: number } {
  const labels = Object.entries(owner.spec?.template?.metadata?.labels ?? {});
  const availabilities = pods.map((pod) => availabilityOf(pod, owner.spec?.minReadySeconds ?? 0, now, hasTraffic));
  const conditions = replicaConditions(owner.status?.conditions ?? [], failure, now);
  const counts = {
    fullyLabeledReplicas: pods.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value))
      .length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: availabilities.filter(({ available }) => available).length,
    observedGeneration: owner.metadata.generation ?? 0,
  };
  const status: ReplicaStatus = {
    replicas: pods.length,
    // The API leaves counts of zero out.
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(conditions.length > 0 && { conditions }),
  };
  const recheckAfterMs = soonest(availabilities.map((availability) => availability.recheckAfterMs));
  return { status, ...(recheckAfterMs !== undefined && { recheckAfterMs }) };
}

/** The first failure is told until none is left; what fails after it does not replace it. */
function replicaConditions(
  present: NonNullable<ReplicaStatus["conditions"]>,
  failure: ReplicaFailure | undefined,
  now: number,
): NonNullable<ReplicaStatus["conditions"]> {
  const others = present.filter((condition) => condition.type !== "ReplicaFailure");
  if (!failure) return others;
  if (others.length < present.length) return present;
  const { reason, error } = failure;
  const told = { type: "ReplicaFailure", status: "True", lastTransitionTime: timestamp(now), reason };
  return [...others, { ...told, message: error.message }];
}

export function sameStatus(owner: ReplicaOwner, status: ReplicaStatus): boolean {
  return equal(owner.status, status);
}
