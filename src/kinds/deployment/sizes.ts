/** How many Pods a Deployment may have more, and how many available ones fewer, than it asks for. */
import type { Stored } from "../../machinery/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";

/** @param round how a share of `total` becomes a number. */
function scaled(value: number | string | undefined, total: number, round: (share: number) => number): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value ?? "0%")?.[1] ?? "0";
  return round((Number(percent) * total) / 100);
}

/**
 * `maxSurge` rounds up, `maxUnavailable` down; where both come to nothing one Pod may be missing, or nothing could move.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
export function limits(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const replicas = desired(deployment);
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const rolling = deployment.spec?.strategy?.rollingUpdate;
  const maxSurge = scaled(rolling?.maxSurge, replicas, Math.ceil);
  const missing = scaled(rolling?.maxUnavailable, replicas, Math.floor);
  const maxUnavailable = maxSurge === 0 && missing === 0 ? 1 : missing;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

export function isRolling(deployment: Deployment): boolean {
  return deployment.spec?.strategy?.type !== "Recreate";
}

/** `spec.replicas` of a Deployment or ReplicaSet. */
export function desired(object: Deployment | ReplicaSet | undefined): number {
  return object?.spec?.replicas ?? 0;
}

export function totalDesired(sets: readonly Stored<ReplicaSet>[]): number {
  return sets.reduce((sum, set) => sum + desired(set), 0);
}

export function totalActual(sets: readonly Stored<ReplicaSet>[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.replicas ?? 0), 0);
}

export function totalReady(sets: readonly Stored<ReplicaSet>[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.readyReplicas ?? 0), 0);
}

export function totalAvailable(sets: readonly Stored<ReplicaSet>[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
}

/** Oldest first. */
export function byAge(sets: readonly Stored<ReplicaSet>[]): Stored<ReplicaSet>[] {
  return [...sets].sort((a, b) => compareAge(a, b));
}

export function compareAge(a: Stored<ReplicaSet>, b: Stored<ReplicaSet>): number {
  const [older, younger] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (older !== younger) return older < younger ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
