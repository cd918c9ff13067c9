/** Rule: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
import { pods } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Pod, PodSpec } from "../../machinery/types.ts";

/** The classes that every cluster has. */
const classes: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** Turns the Pod's priority class into a number, in place. @throws StatusError Forbidden. */
export function setPriority(pod: Pod, spec: PodSpec): void {
  const name = spec.priorityClassName ?? "";
  const priority = name === "" ? 0 : classes[name];
  if (priority === undefined) {
    throw StatusError.forbidden(pods, pod.metadata?.name ?? "", `no PriorityClass with name ${name} was found`);
  }
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw StatusError.forbidden(
      pods,
      pod.metadata?.name ?? "",
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  spec.priority = priority;
  spec.preemptionPolicy ??= "PreemptLowerPriority";
}
