/** Which nodes a Pod wants: pure. Rule: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ */
import type { Node, PodSpec } from "../machinery/types.ts";

type Terms = NonNullable<
  NonNullable<NonNullable<PodSpec["affinity"]>["nodeAffinity"]>["requiredDuringSchedulingIgnoredDuringExecution"]
>["nodeSelectorTerms"];
type Requirement = NonNullable<Terms[number]["matchExpressions"]>[number];

function holds({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** Whether the node meets `nodeSelector` and the required node affinity. */
export function wantsNode(spec: PodSpec, node: Node): boolean {
  const labels = node.metadata?.labels ?? {};
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return true;
  const fields: Record<string, string | undefined> = { "metadata.name": node.metadata?.name };
  return required.nodeSelectorTerms.some(({ matchExpressions = [], matchFields = [] }) => {
    // A term without requirements matches nothing.
    if (matchExpressions.length + matchFields.length === 0) return false;
    return (
      matchExpressions.every((requirement) => holds(requirement, labels[requirement.key])) &&
      matchFields.every((requirement) => holds(requirement, fields[requirement.key]))
    );
  });
}
