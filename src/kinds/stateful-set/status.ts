import type { Stored } from "../../machinery/object.ts";
import type { Pod, StatefulSet } from "../../machinery/types.ts";
import { isReady } from "../pod/condition.ts";
import { revisionOf } from "./identity.ts";
import type { Member } from "./plan.ts";

export type StatefulSetStatus = NonNullable<StatefulSet["status"]>;

/** @param current @param update names of the revisions Pods come from and go to. */
export function statefulSetStatus(
  set: Stored<StatefulSet>,
  members: readonly (Member & { reached: boolean })[],
  current: string,
  update: string,
): StatefulSetStatus {
  const staying = members.filter(({ pod }) => pod.metadata.deletionTimestamp === undefined);
  const ofRevision = (revision: string) => staying.filter(({ pod }) => revisionOf(pod) === revision).length;
  const ready = members.filter(({ pod, reached }) => isRunningAndReady(pod) && reached);
  const counts = {
    replicas: members.length,
    readyReplicas: ready.length,
    availableReplicas: members.filter(({ available }) => available).length,
    currentReplicas: ofRevision(current),
    updatedReplicas: ofRevision(update),
  };
  const done = isUpdated(set, counts);
  const { observedGeneration, collisionCount, conditions } = {
    ...set.status,
    observedGeneration: set.metadata.generation ?? 0,
  };
  return {
    observedGeneration,
    // The API leaves counts of zero out, but for these two.
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    replicas: counts.replicas,
    availableReplicas: counts.availableReplicas,
    ...(done && counts.updatedReplicas !== 0 && { currentReplicas: counts.updatedReplicas }),
    currentRevision: done ? update : current,
    updateRevision: update,
    collisionCount: collisionCount ?? 0,
    ...(conditions && { conditions }),
  };
}

/** Every Pod is of the new revision and ready: from now on it is the current one. */
function isUpdated(
  { spec }: StatefulSet,
  counts: { replicas: number; readyReplicas: number; updatedReplicas: number },
): boolean {
  if (spec?.updateStrategy?.type === "OnDelete") return false;
  const wanted = spec?.replicas ?? 1;
  return counts.replicas === wanted && counts.readyReplicas === wanted && counts.updatedReplicas === wanted;
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === "Running" && isReady(pod);
}
