/** Which ReplicaSet belongs to which template, and which are kept for `rollout undo`. */
import { equal } from "../../machinery/equal.ts";
import { nameHash } from "../../machinery/fnv-hash.ts";
import { controllerReference, type Stored } from "../../machinery/object.ts";
import type { Deployment, PodTemplateSpec, ReplicaSet } from "../../machinery/types.ts";
import { newSetAnnotations, revisionOf, sizeAnnotations } from "./annotations.ts";
import { byAge, desired, limits } from "./sizes.ts";
import { unlimited } from "./status.ts";

const hashLabel = "pod-template-hash";

/** The oldest ReplicaSet that was made from the Deployment's present template. */
export function newestSet(
  deployment: Stored<Deployment>,
  sets: readonly Stored<ReplicaSet>[],
): Stored<ReplicaSet> | undefined {
  return byAge(sets).find((set) => hasTemplate(set, deployment));
}

/** Whether the ReplicaSet was made from the Deployment's template: the label of the hash makes no difference. */
export function hasTemplate(set: ReplicaSet, deployment: Deployment): boolean {
  return equal(withoutHash(set.spec?.template), withoutHash(deployment.spec?.template));
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  if (!template?.metadata?.labels?.[hashLabel]) return template;
  const { [hashLabel]: _hash, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}

export function newSetName(deployment: Stored<Deployment>): string {
  return `${deployment.metadata.name}-${templateHash(deployment)}`;
}

function templateHash(deployment: Stored<Deployment>): string {
  return nameHash(deployment.spec?.template, deployment.status?.collisionCount);
}

/**
 * A ReplicaSet for the Deployment's template. Its name follows from the template, so that however often it is made
 * there is only one.
 */
export function newReplicaSet(deployment: Stored<Deployment>, replicas: number, revision: number): ReplicaSet {
  const { namespace } = deployment.metadata;
  const { selector, template, minReadySeconds } = deployment.spec ?? {};
  const hash = templateHash(deployment);
  const labels = { ...template?.metadata?.labels, [hashLabel]: hash };
  return structuredClone({
    metadata: {
      ...(namespace && { namespace }),
      name: newSetName(deployment),
      labels,
      annotations: {
        ...newSetAnnotations(deployment, undefined, revision),
        ...sizeAnnotations(desired(deployment), desired(deployment) + limits(deployment).maxSurge),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  });
}

/**
 * Old ReplicaSets beyond `revisionHistoryLimit`, lowest revision first; one that still has Pods, or whose last change
 * its controller has not seen, is spared.
 */
export function surplusSets(deployment: Deployment, oldSets: readonly Stored<ReplicaSet>[]): Stored<ReplicaSet>[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  if (limit === unlimited) return [];
  const alive = oldSets.filter((set) => !set.metadata.deletionTimestamp);
  return alive
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, Math.max(0, alive.length - limit))
    .filter((set) => desired(set) === 0 && (set.status?.replicas ?? 0) === 0)
    .filter((set) => (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0));
}
