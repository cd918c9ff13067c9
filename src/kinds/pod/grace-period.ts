/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination */
import type { Pod } from "../../machinery/types.ts";

/**
 * Seconds that a deleted Pod gets to end: those asked for, else its own; none where nothing runs yet or any more.
 * @param requested from the request's `gracePeriodSeconds`.
 */
export function gracePeriod(pod: Pod, requested: number | undefined): number {
  const { phase } = pod.status ?? {};
  if (!pod.spec?.nodeName || phase === "Succeeded" || phase === "Failed") return 0;
  const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  // Below nought means "at once, but let the kubelet confirm": one second.
  return seconds < 0 ? 1 : seconds;
}
