/**
 * Which ReplicaSet is to have how many replicas: the arithmetic of rolling updates and of scaling in mid-update.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy and #proportional-scaling
 */
import type { Stored } from "../../machinery/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";
import { desiredReplicasOf, maxReplicasOf } from "./annotations.ts";
import { byAge, compareAge, desired, isRolling, limits, totalAvailable, totalDesired } from "./sizes.ts";

type Set = Stored<ReplicaSet>;

/** One ReplicaSet's new size. Steps are taken in order; the same ReplicaSet may occur twice. */
export interface ScaleStep {
  set: Set;
  to: number;
}

/** How many replicas the newest ReplicaSet may have by now. @param sets all of them, the newest included if it exists. */
export function newSetSize(deployment: Deployment, sets: readonly Set[], newSet: Set | undefined): number {
  const wanted = desired(deployment);
  const present = desired(newSet);
  if (!isRolling(deployment) || present > wanted) return wanted;
  const room = wanted + limits(deployment).maxSurge - totalDesired(sets);
  return room <= 0 ? present : present + Math.min(room, wanted - present);
}

/**
 * How far the old ReplicaSets can shrink without fewer Pods being available than the Deployment allows: first by Pods
 * that are not available anyway, then by others.
 */
export function shrinkOldSets(deployment: Deployment, newSet: Set, oldSets: readonly Set[]): ScaleStep[] {
  const minAvailable = desired(deployment) - limits(deployment).maxUnavailable;
  const newUnavailable = desired(newSet) - (newSet.status?.availableReplicas ?? 0);
  const spare = totalDesired([...oldSets, newSet]) - minAvailable - newUnavailable;
  if (spare <= 0) return [];
  const steps: ScaleStep[] = [];
  const sizes = new Map(oldSets.map((set) => [set, desired(set)]));
  const shrink = (set: Set, by: number): void => {
    const to = (sizes.get(set) ?? 0) - by;
    sizes.set(set, to);
    steps.push({ set, to });
  };

  let removed = 0;
  for (const set of byAge(oldSets)) {
    const by = Math.min(spare - removed, desired(set) - (set.status?.availableReplicas ?? 0));
    if (by <= 0) continue;
    shrink(set, by);
    removed += by;
  }

  let dispensable = totalAvailable([...oldSets, newSet]) - minAvailable;
  for (const set of byAge(oldSets)) {
    const by = Math.min(dispensable, sizes.get(set) ?? 0);
    if (by <= 0) continue;
    shrink(set, by);
    dispensable -= by;
  }
  return steps;
}

/** Whether the Deployment was scaled since its ReplicaSets were. */
export function wasScaled(deployment: Deployment, sets: readonly Set[]): boolean {
  return sets.some((set) => {
    const before = desiredReplicasOf(set);
    return desired(set) > 0 && before !== undefined && before !== desired(deployment);
  });
}

/** The steps by which the ReplicaSets follow a Deployment that was scaled (or is paused). */
export function followScale(
  deployment: Stored<Deployment>,
  newSet: Set | undefined,
  oldSets: readonly Set[],
): ScaleStep[] {
  const only = activeOrLatest(newSet, oldSets);
  if (only) return desired(only) === desired(deployment) ? [] : [{ set: only, to: desired(deployment) }];
  if (isSaturated(deployment, newSet)) {
    return oldSets.filter((set) => desired(set) > 0).map((set) => ({ set, to: 0 }));
  }
  return isRolling(deployment) ? scaleInProportion(deployment, [...oldSets, ...(newSet ? [newSet] : [])]) : [];
}

/** The one ReplicaSet with replicas, or the latest where none has any. Undefined where several have. */
function activeOrLatest(newSet: Set | undefined, oldSets: readonly Set[]): Set | undefined {
  const active = [...oldSets, ...(newSet ? [newSet] : [])].filter((set) => desired(set) > 0);
  if (active.length === 1) return active[0];
  return active.length === 0 ? (newSet ?? byAge(oldSets).at(-1)) : undefined;
}

/** The newest ReplicaSet has taken over: all replicas, all available. */
function isSaturated(deployment: Deployment, set: Set | undefined): boolean {
  const wanted = desired(deployment);
  if (!set || desiredReplicasOf(set) === undefined) return false;
  return (
    desired(set) === wanted && desiredReplicasOf(set) === wanted && (set.status?.availableReplicas ?? 0) === wanted
  );
}

/**
 * Spreads the replicas added or taken over the ReplicaSets in proportion to their sizes; what rounding leaves goes to
 * the largest. Every active one is in the result, because its note of the Deployment's size changes.
 */
function scaleInProportion(deployment: Stored<Deployment>, sets: readonly Set[]): ScaleStep[] {
  const active = sets.filter((set) => desired(set) > 0);
  const wanted = desired(deployment);
  const allowed = wanted > 0 ? wanted + limits(deployment).maxSurge : 0;
  const toAdd = allowed - totalDesired(active);
  // Among equally large ones the newer grow first, and the older shrink first.
  const newerFirst = toAdd > 0 ? -1 : 1;
  active.sort((a, b) => desired(b) - desired(a) || newerFirst * compareAge(a, b));
  let added = 0;
  const steps = active.map((set) => {
    const share = toAdd === 0 ? 0 : proportion(deployment, set, toAdd, added);
    added += share;
    return { set, to: desired(set) + share };
  });
  const [largest] = steps;
  if (largest && toAdd !== 0) largest.to = Math.max(0, largest.to + toAdd - added);
  return steps;
}

function proportion(deployment: Stored<Deployment>, set: Set, toAdd: number, added: number): number {
  const wanted = desired(deployment);
  const left = toAdd - added;
  if (left === 0) return 0;
  if (wanted === 0) return Math.max(-desired(set), left);
  const maxBefore = maxReplicasOf(set) || deployment.status?.replicas || 0;
  if (maxBefore === 0) return 0;
  const maxNow = wanted + limits(deployment).maxSurge;
  const share = Math.round((desired(set) * maxNow) / maxBefore) - desired(set);
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
}
