/** `status` of a Pod from its spec, what the engine runs for it and what the kubelet knows besides: pure. */
import { timestamp } from "../machinery/clock.ts";
import { containerLabels, type RuntimeContainer } from "../machinery/container-runtime.ts";
import type { Stored } from "../machinery/object.ts";
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from "../machinery/types.ts";
import { containerStatus, type WaitingReason } from "./container-status.ts";
import { podConditions } from "./pod-conditions.ts";
import { type Phase, podPhase } from "./pod-phase.ts";
import { type PodView, runningSandbox } from "./pod-view.ts";
import { qosClass } from "./resources.ts";
import { isSidecar } from "./sidecar.ts";

export interface StatusFacts {
  pod: Stored<Pod>;
  view: PodView;
  /** By container name. */
  waiting: ReadonlyMap<string, WaitingReason>;
  /** Names of containers whose `postStart` hook runs. */
  hooks: ReadonlySet<string>;
  /** Probes' verdicts on a running instance. */
  ready(container: Container, instance: RuntimeContainer): boolean;
  started(container: Container, instance: RuntimeContainer): boolean;
  imageId: (image: string) => string;
  terminationMessage: (id: string) => string;
  /** Set when the kubelet itself ended the Pod (`DeadlineExceeded`). */
  verdict?: { reason: string; message: string };
  /** IPv4 first, at least one. */
  hostIps: readonly string[];
  /** All addresses of a Pod with a network of its own, by its first. */
  addressesOf(podIp: string): readonly string[];
  now: number;
}

/** A Pod that has ended stays ended. */
export function isTerminal(phase: string | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

function statusOf(container: Container, facts: StatusFacts, before: readonly ContainerStatus[], notYet: string) {
  const instances = facts.view.instances.get(container.name) ?? [];
  const current = instances[0];
  const waiting = facts.waiting.get(container.name);
  const earlier = before.find(({ name }) => name === container.name);
  const status = containerStatus(container, {
    instances,
    ...(waiting && { waiting }),
    notYet,
    hookRunning: facts.hooks.has(container.name),
    ready: current !== undefined && facts.ready(container, current),
    started: current !== undefined && facts.started(container, current),
    ...(earlier && { before: earlier }),
    imageId: facts.imageId,
    terminationMessage: facts.terminationMessage,
  });
  return status;
}

/** An init container is ready when it is done. */
function initStatusOf(container: Container, facts: StatusFacts): ContainerStatus {
  const status = statusOf(container, facts, facts.pod.status?.initContainerStatuses ?? [], "PodInitializing");
  if (isSidecar(container)) return status;
  return { ...status, ready: status.state?.terminated?.exitCode === 0 };
}

function phaseOf(facts: StatusFacts, spec: PodSpec, init: ContainerStatus[], statuses: ContainerStatus[]): Phase {
  const before = facts.pod.status?.phase;
  if (before === "Succeeded" || before === "Failed") return before;
  if (facts.verdict) return "Failed";
  return podPhase(spec, init, statuses, facts.pod.metadata.deletionTimestamp !== undefined);
}

export function podStatus(facts: StatusFacts): PodStatus {
  const { pod, view, hostIps, now } = facts;
  const spec = pod.spec as PodSpec;
  const before = pod.status ?? {};
  const initContainers = spec.initContainers ?? [];
  const notYet = initContainers.length > 0 ? "PodInitializing" : "ContainerCreating";
  const initStatuses = initContainers.map((container) => initStatusOf(container, facts));
  const statuses = spec.containers.map((container) =>
    statusOf(container, facts, before.containerStatuses ?? [], notYet),
  );
  const sandbox = runningSandbox(view);
  const newest = view.sandboxes[0];
  const ownIp = newest?.labels[containerLabels.podIp] ?? before.podIP;
  const ownIps = ownIp ? facts.addressesOf(ownIp) : [];
  const podIps = spec.hostNetwork ? (newest ? hostIps : []) : ownIps;
  const phase = phaseOf(facts, spec, initStatuses, statuses);
  const { reason, message } = facts.verdict ?? before;
  return {
    phase,
    conditions: podConditions({
      spec,
      phase,
      sandboxReady: sandbox !== undefined,
      initStatuses,
      statuses,
      before: before.conditions ?? [],
      now,
    }),
    ...(reason && { reason }),
    ...(message && { message }),
    hostIP: hostIps[0] ?? "",
    hostIPs: hostIps.map((ip) => ({ ip })),
    ...(podIps[0] && { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) }),
    startTime: before.startTime ?? timestamp(now),
    ...(initStatuses.length > 0 && { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    qosClass: before.qosClass ?? qosClass(spec),
  };
}
