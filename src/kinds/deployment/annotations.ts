/** What Deployments and their ReplicaSets tell each other in annotations. */
import type { Stored } from "../../machinery/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";

/** Not passed on from a Deployment to its ReplicaSets. */
const ownBusiness: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
]);

/** Characters; older revisions are dropped beyond. */
const longestHistory = 2_000;

export type Annotations = Readonly<Record<string, string>>;

/** 0 for a ReplicaSet without a (valid) revision. */
export function revisionOf(object: { metadata: { annotations?: Annotations } }): number {
  const revision = Number(object.metadata.annotations?.[revisionAnnotation] ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** The revision that the newest ReplicaSet is to have: one more than any of the others. */
export function nextRevision(oldSets: readonly Stored<ReplicaSet>[]): number {
  return Math.max(0, ...oldSets.map(revisionOf)) + 1;
}

/** What the newest ReplicaSet carries: the Deployment's own annotations and its revision. */
export function newSetAnnotations(
  deployment: Stored<Deployment>,
  present: Annotations | undefined,
  revision: number,
): Record<string, string> {
  const annotations = { ...present };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!ownBusiness.has(key)) annotations[key] = value;
  }
  const before = annotations[revisionAnnotation];
  if (revisionOf({ metadata: { annotations } }) >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  // A ReplicaSet that had a revision has become the newest again: it remembers which it was.
  if (before) annotations[revisionHistoryAnnotation] = remember(annotations[revisionHistoryAnnotation], before);
  return annotations;
}

function remember(history: string | undefined, revision: string): string {
  const revisions = [...(history ? history.split(",") : []), revision];
  while (revisions.length > 1 && revisions.join(",").length > longestHistory) revisions.shift();
  return revisions.join(",");
}

/** The sizes for which a ReplicaSet was scaled, by which a later change of the Deployment's size is told. */
export function sizeAnnotations(desired: number, max: number): Record<string, string> {
  return { [desiredReplicasAnnotation]: String(desired), [maxReplicasAnnotation]: String(max) };
}

/** Undefined where the ReplicaSet does not say. */
export function desiredReplicasOf(set: Stored<ReplicaSet>): number | undefined {
  return numberOf(set, desiredReplicasAnnotation);
}

/** Undefined where the ReplicaSet does not say. */
export function maxReplicasOf(set: Stored<ReplicaSet>): number | undefined {
  return numberOf(set, maxReplicasAnnotation);
}

function numberOf(set: Stored<ReplicaSet>, annotation: string): number | undefined {
  const text = set.metadata.annotations?.[annotation];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
