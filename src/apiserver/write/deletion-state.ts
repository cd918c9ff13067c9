/** When an object that is being deleted may go. https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/ */
import type { KindDefinition } from "../../machinery/kind.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";

/** Deletion was asked for, its grace period is over, and nothing holds the object back any more. */
export function mayBeRemoved(definition: KindDefinition, object: Stored<KubeObject>): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (!deletionTimestamp || (deletionGracePeriodSeconds ?? 0) > 0) return false;
  return (finalizers ?? []).length === 0 && !definition.heldBack?.(object);
}
