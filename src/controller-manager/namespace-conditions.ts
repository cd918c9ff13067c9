/**
 * What a namespace that is being deleted tells about what still holds it.
 * Rule: k8s.io/api `core/v1` NamespaceConditionType; wording as in the namespace controller's conditions.
 */
import { timestamp } from "../machinery/clock.ts";
import type { KubeObject, Stored } from "../machinery/object.ts";
import type { Resource } from "../machinery/resource.ts";
import type { Namespace } from "../machinery/types.ts";

export type NamespaceCondition = NonNullable<NonNullable<Namespace["status"]>["conditions"]>[number];

/** What is left of one kind. */
export interface Remaining {
  resource: Resource;
  objects: readonly Stored<KubeObject>[];
}

/**
 * @param present conditions in the namespace's status now; one that says the same keeps its time.
 * @param failures errors met while deleting.
 */
export function deletionConditions(
  remaining: readonly Remaining[],
  failures: readonly string[],
  present: readonly NamespaceCondition[],
  now: number,
): NamespaceCondition[] {
  const condition = (
    type: string,
    problem: { reason: string; message: string } | undefined,
    fine: { reason: string; message: string },
  ): NamespaceCondition => {
    const status = problem ? "True" : "False";
    const before = present.find((other) => other.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp(now);
    return { type, status, ...(lastTransitionTime && { lastTransitionTime }), ...(problem ?? fine) };
  };
  return [
    condition("NamespaceDeletionDiscoveryFailure", undefined, {
      reason: "ResourcesDiscovered",
      message: "All resources successfully discovered",
    }),
    condition("NamespaceDeletionGroupVersionParsingFailure", undefined, {
      reason: "ParsedGroupVersions",
      message: "All legacy kube types successfully parsed",
    }),
    condition("NamespaceDeletionContentFailure", failed(failures), {
      reason: "ContentDeleted",
      message: "All content successfully deleted, may be waiting on finalization",
    }),
    condition("NamespaceContentRemaining", contentRemaining(remaining), {
      reason: "ContentRemoved",
      message: "All content successfully removed",
    }),
    condition("NamespaceFinalizersRemaining", finalizersRemaining(remaining), {
      reason: "ContentHasNoFinalizers",
      message: "All content-preserving finalizers finished",
    }),
  ];
}

function failed(failures: readonly string[]) {
  if (failures.length === 0) return undefined;
  const list = failures.length === 1 ? failures[0] : `[${failures.join(", ")}]`;
  return {
    reason: "ContentDeletionFailed",
    message: `Failed to delete all resource types, ${failures.length} remaining: ${list}`,
  };
}

function contentRemaining(remaining: readonly Remaining[]) {
  if (remaining.length === 0) return undefined;
  const parts = remaining.map(
    ({ resource, objects }) => `${resource.plural}.${resource.group} has ${objects.length} resource instances`,
  );
  return { reason: "SomeResourcesRemain", message: `Some resources are remaining: ${parts.sort().join(", ")}` };
}

function finalizersRemaining(remaining: readonly Remaining[]) {
  const counts = new Map<string, number>();
  for (const object of remaining.flatMap(({ objects }) => objects)) {
    for (const finalizer of object.metadata.finalizers ?? []) counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  const parts = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  return {
    reason: "SomeFinalizersRemain",
    message: `Some content in the namespace has finalizers remaining: ${parts.sort().join(", ")}`,
  };
}
