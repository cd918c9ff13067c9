/**
 * What becomes of an object's dependents is noted in its finalizers, for the garbage collector to act on.
 * Rule: https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
 */
import type { KubeObject, Stored } from "../../machinery/object.ts";

const orphan = "orphan";
const foreground = "foregroundDeletion";

type Propagation = "Orphan" | "Background" | "Foreground";

/** The finalizers of an object that is about to be deleted. */
export function finalizersFor(
  object: Stored<KubeObject>,
  requested: Propagation | undefined,
  byDefault: "Orphan" | "Background" = "Background",
): string[] {
  const finalizers = object.metadata.finalizers ?? [];
  const policy = requested ?? alreadyChosen(finalizers) ?? byDefault;
  const others = finalizers.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  if (policy === "Orphan") return [...others, orphan];
  if (policy === "Foreground") return [...others, foreground];
  return others;
}

function alreadyChosen(finalizers: readonly string[]): Propagation | undefined {
  if (finalizers.includes(orphan)) return "Orphan";
  if (finalizers.includes(foreground)) return "Foreground";
  return undefined;
}
