/** How the owners of an object stand, and so what is to become of it. */
import type { ObjectMeta, OwnerReference } from "../machinery/types.ts";

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";

/** `unknown`: of a kind that is not served (any more), about which nothing can be said. */
export type OwnerState = "present" | "absent" | "waiting" | "unknown";

export type Verdict =
  | { action: "keep" }
  /** Some owners remain: only the references to the others go. */
  | { action: "unlink"; uids: string[] }
  | { action: "delete"; propagation: "Background" | "Foreground" | "Orphan" };

/**
 * Rule: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 * @param state of each reference's owner; `waiting` for one that is itself being deleted in the foreground.
 * @param hasDependents whether other objects name this one as their owner.
 */
export function judge(
  metadata: Pick<ObjectMeta, "ownerReferences" | "finalizers">,
  state: (reference: OwnerReference) => OwnerState,
  hasDependents: boolean,
): Verdict {
  const references = (metadata.ownerReferences ?? []).map((reference) => ({ reference, state: state(reference) }));
  const gone = references.filter((owner) => owner.state === "absent" || owner.state === "waiting");
  if (gone.length === 0) return { action: "keep" };
  if (gone.length < references.length) return { action: "unlink", uids: gone.map((owner) => owner.reference.uid) };
  const waiting = references.some((owner) => owner.state === "waiting");
  if (waiting && hasDependents) return { action: "delete", propagation: "Foreground" };
  if (metadata.finalizers?.includes(orphanFinalizer)) return { action: "delete", propagation: "Orphan" };
  if (metadata.finalizers?.includes(foregroundFinalizer)) return { action: "delete", propagation: "Foreground" };
  return { action: "delete", propagation: "Background" };
}
