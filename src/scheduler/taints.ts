/** Taints and tolerations: pure. Rule: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
import type { Node, PodSpec } from "../machinery/types.ts";

export type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];
type Toleration = NonNullable<PodSpec["tolerations"]>[number];

function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
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
