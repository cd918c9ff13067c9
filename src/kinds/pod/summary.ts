/**
 * A Pod in four words, as `kubectl get pods` puts it: how many containers are ready, what state it is in, how often
 * it restarted and when last. Rule: the printer of Pods in kubernetes/kubernetes (`pkg/printers/internalversion`).
 */
import type { ContainerState, ContainerStatus, Pod } from "../../machinery/types.ts";

export interface PodSummary {
  ready: number;
  total: number;
  /** `Running`, `Init:0/1`, `CrashLoopBackOff`, `Completed`, `Terminating`, … */
  status: string;
  restarts: number;
  /** RFC 3339: when the container that ended last before a restart did so. Absent without restarts. */
  lastRestartAt: string | undefined;
}

interface Restarts {
  count: number;
  at: string | undefined;
}

const noRestarts: Restarts = { count: 0, at: undefined };

export function podSummary(pod: Pod): PodSummary {
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === "Always").map((one) => one.name),
  );
  const init = pod.status?.initContainerStatuses ?? [];
  const main = pod.status?.containerStatuses ?? [];
  const sidecarStatuses = init.filter((status) => sidecars.has(status.name));
  const ready = sidecarStatuses.filter((status) => status.started && status.ready).length;
  const initializing = initStatus(pod, init, sidecars);
  const restarted =
    initializing !== undefined && !isInitialized(pod)
      ? restartsOf(init)
      : sum(restartsOf(main), restartsOf(sidecarStatuses));
  return {
    ready: ready + (initializing === undefined || isInitialized(pod) ? main.filter(isReady).length : 0),
    total: (pod.spec?.containers ?? []).length + sidecars.size,
    status:
      terminating(pod) ?? (initializing !== undefined && !isInitialized(pod) ? initializing : mainStatus(pod, main)),
    restarts: restarted.count,
    lastRestartAt: restarted.at,
  };
}

function isInitialized(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === "Initialized" && status === "True") ?? false;
}

function isReady(status: ContainerStatus): boolean {
  return status.ready && status.state?.running !== undefined;
}

/** What the Pod waits for among its init containers; undefined once they are all done. */
function initStatus(pod: Pod, statuses: ContainerStatus[], sidecars: ReadonlySet<string>): string | undefined {
  for (const [index, { name, state, started }] of statuses.entries()) {
    if (state?.terminated?.exitCode === 0) continue;
    if (sidecars.has(name) && started) continue;
    if (state?.terminated) return `Init:${terminationWord(state.terminated)}`;
    const reason = state?.waiting?.reason;
    if (reason && reason !== "PodInitializing") return `Init:${reason}`;
    return `Init:${index}/${(pod.spec?.initContainers ?? []).length}`;
  }
  return undefined;
}

/** The word for the first container that has something to say; the Pod's own reason or phase if none has. */
function mainStatus(pod: Pod, statuses: ContainerStatus[]): string {
  let word = pod.status?.reason || pod.status?.phase || "";
  for (const condition of pod.status?.conditions ?? []) {
    if (condition.type === "PodScheduled" && condition.reason === "SchedulingGated") word = "SchedulingGated";
  }
  for (const { state } of [...statuses].reverse()) {
    if (state?.waiting?.reason) word = state.waiting.reason;
    else if (state?.terminated) word = terminationWord(state.terminated);
  }
  // A container has completed while another one runs.
  if (word === "Completed" && statuses.some(isReady)) return hasReadyCondition(pod) ? "Running" : "NotReady";
  return word;
}

function hasReadyCondition(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

function terminationWord({ reason, signal, exitCode }: NonNullable<ContainerState["terminated"]>): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function terminating(pod: Pod): string | undefined {
  if (!pod.metadata?.deletionTimestamp) return undefined;
  if (pod.status?.reason === "NodeLost") return "Unknown";
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" ? undefined : "Terminating";
}

function restartsOf(statuses: ContainerStatus[]): Restarts {
  return statuses
    .map((status) => ({ count: status.restartCount, at: status.lastState?.terminated?.finishedAt }))
    .reduce(sum, noRestarts);
}

function sum(a: Restarts, b: Restarts): Restarts {
  const count = a.count + b.count;
  const at = [a.at, b.at]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return { count, at: count > 0 ? at : undefined };
}
