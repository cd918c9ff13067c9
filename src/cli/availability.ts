/** Whether a Deployment is there for its users, and what keeps it from being so. Rule: `kubectl rollout status`. */
import type { Deployment, Pod } from "../machinery/types.ts";

/** What is still missing, in a few words; undefined when every replica is new and available. */
export function missing({ metadata, spec, status }: Deployment): string | undefined {
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return "not looked at yet";
  const wanted = spec?.replicas ?? 1;
  const { replicas = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status ?? {};
  if (updated < wanted) return `${updated} of ${wanted} Pods are new`;
  if (replicas > updated) return `${replicas - updated} old Pods are still ending`;
  if (available < updated) return `${available} of ${updated} Pods are available`;
  return undefined;
}

/** Why a Pod is not ready, in the words of its status; undefined when it is. */
export function podTrouble({ metadata, status }: Pod): string | undefined {
  const conditions = status?.conditions ?? [];
  if (conditions.some(({ type, status: value }) => type === "Ready" && value === "True")) return undefined;
  if (metadata?.deletionTimestamp) return "is ending";
  const unscheduled = conditions.find(({ type, status: value }) => type === "PodScheduled" && value === "False");
  if (unscheduled) return `${unscheduled.reason ?? "Unschedulable"}: ${unscheduled.message ?? ""}`;
  for (const { name, state, ready } of [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]) {
    const { waiting, terminated, running } = state ?? {};
    const said = waiting ?? terminated;
    if (said) {
      const code = terminated && terminated.exitCode !== 0 ? `exit code ${terminated.exitCode}` : "";
      return `container ${name}: ${[said.reason, code, said.message].filter(Boolean).join(", ")}`;
    }
    if (running && !ready) return `container ${name} runs and is not ready`;
  }
  return status?.phase ?? "Pending";
}
