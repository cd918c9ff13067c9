/** Taints and tolerations: pure. Rule: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
import type { Node, PodSpec } from "./types.ts";

export type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];
export type Toleration = NonNullable<PodSpec["tolerations"]>[number];

/** Whether one toleration covers one taint. */
export function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  // Without a key only Exists is allowed, and it tolerates everything.
  return operator === "Exists" || (key !== undefined && value === (taint.value ?? ""));
}

/** Taint of a node that is cordoned. */
export const unschedulableTaint: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** The first taint that keeps the Pod away. */
export function untolerated(spec: PodSpec, taints: readonly Taint[]): Taint | undefined {
  return taints
    .filter(({ effect }) => effect !== "PreferNoSchedule")
    .find((taint) => !(spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)));
}

export function isCordonTaint({ key, effect }: Taint): boolean {
  return key === unschedulableTaint.key && effect === unschedulableTaint.effect;
}

/** How long a Pod stays with these taints: the shortest toleration that covers one of them, 0 when one is not covered at all. */
export function toleratedSeconds(tolerations: readonly Toleration[], taints: readonly Taint[]): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const covering = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (covering.length === 0) return 0;
    for (const { tolerationSeconds = Number.POSITIVE_INFINITY } of covering) {
      seconds = Math.min(seconds, Math.max(0, tolerationSeconds));
    }
  }
  return seconds;
}
