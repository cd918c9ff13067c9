/** The phase of a Pod from the statuses of its containers: pure. Rule: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase */
import type { ContainerStatus, PodSpec } from "../machinery/types.ts";
import { isSidecar } from "./sidecar.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

/**
 * @param statuses one for each container of the spec.
 * @param over nothing of the Pod will run again, as it is being deleted.
 */
export function podPhase(
  spec: PodSpec,
  initStatuses: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
  over: boolean,
): Phase {
  const counted = { running: 0, waiting: 0, stopped: 0, succeeded: 0 };
  for (const { state, lastState } of statuses) {
    if (state?.running) counted.running++;
    else if (state?.terminated) {
      counted.stopped++;
      if (state.terminated.exitCode === 0) counted.succeeded++;
    } else if (lastState?.terminated) counted.stopped++;
    else counted.waiting++;
  }
  const begun = counted.running + counted.stopped > 0;
  if (!begun) {
    const failed = initStatuses.some((status, index) => {
      const container = spec.initContainers?.[index];
      return container && !isSidecar(container) && (status.state?.terminated?.exitCode ?? 0) !== 0;
    });
    return failed && spec.restartPolicy === "Never" ? "Failed" : "Pending";
  }
  if (counted.waiting > 0) return "Pending";
  if (counted.running > 0) return "Running";
  if (over) return counted.stopped === counted.succeeded ? "Succeeded" : "Failed";
  if (spec.restartPolicy === "Always" || spec.restartPolicy === undefined) return "Running";
  if (counted.stopped === counted.succeeded) return "Succeeded";
  return spec.restartPolicy === "Never" ? "Failed" : "Running";
}
