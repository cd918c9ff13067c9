/** The status of one container from what the engine says of its instances: pure. */

import { timestamp } from "../machinery/clock.ts";
import type { RuntimeContainer } from "../machinery/container-runtime.ts";
import type { Container, ContainerState, ContainerStatus } from "../machinery/types.ts";
import { isRunning, restartCountOf } from "./pod-view.ts";

/** Why a container is not running although it should. */
export interface WaitingReason {
  reason: string;
  message?: string;
}

export interface ContainerFacts {
  /** Newest first. */
  instances: readonly RuntimeContainer[];
  /** Set while something keeps it from running. */
  waiting?: WaitingReason;
  /** `ContainerCreating`, or `PodInitializing` where init containers come first. */
  notYet: string;
  /** True while its `postStart` hook runs: until then it counts as being created. */
  hookRunning: boolean;
  /** What the probes say; without probes, true. */
  ready: boolean;
  started: boolean;
  /** What the status said before, for instances that somebody else removed. */
  before?: ContainerStatus;
  /** `docker-pullable://nginx@sha256:…`, or `docker://sha256:…`. */
  imageId: (image: string) => string;
  /** What the container left in its termination message file (or log). */
  terminationMessage: (id: string) => string;
}

export function containerId(container: RuntimeContainer): string {
  return `docker://${container.id}`;
}

/**
 * What containerd reports of a container that could not be started; Docker's own code depends on the error (127 where
 * the command is missing, 126 where it may not be run).
 */
const notStarted = { exitCode: 128, reason: "StartError", startedAt: timestamp(0) };

function ending(container: RuntimeContainer) {
  const { startedAt, exitCode = 0, oomKilled } = container;
  if (startedAt === undefined) return notStarted;
  const reason = exitCode === 0 ? "Completed" : "Error";
  return { exitCode, reason: oomKilled ? "OOMKilled" : reason, startedAt: timestamp(startedAt) };
}

/** `state.terminated` of an instance that has ended. */
export function terminated(container: RuntimeContainer, message: string): ContainerState {
  const text = [container.error, message].filter((part) => part !== "").join(": ");
  return {
    terminated: {
      ...ending(container),
      ...(text && { message: text }),
      finishedAt: timestamp(container.finishedAt ?? container.createdAt),
      containerID: containerId(container),
    },
  };
}

const lost: ContainerState = {
  terminated: {
    exitCode: 137,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was terminated",
  },
};

/** State and last state. */
function statesOf(facts: ContainerFacts): { state: ContainerState; lastState: ContainerState } {
  const [current, previous] = facts.instances;
  const ended = (container: RuntimeContainer | undefined): ContainerState =>
    container?.state === "exited" ? terminated(container, facts.terminationMessage(container.id)) : {};
  const waiting: ContainerState = {
    waiting: { ...(facts.waiting ?? { reason: facts.notYet }) },
  };
  if (!current) {
    const before = facts.before?.state;
    if (before?.terminated && !facts.waiting) return { state: before, lastState: facts.before?.lastState ?? {} };
    return { state: waiting, lastState: before?.running ? lost : (facts.before?.lastState ?? {}) };
  }
  if (isRunning(current)) {
    const running = { running: { startedAt: timestamp(current.startedAt ?? current.createdAt) } };
    return { state: facts.hookRunning ? waiting : running, lastState: ended(previous) };
  }
  if (current.state === "created") return { state: waiting, lastState: ended(previous) };
  if (facts.waiting) return { state: waiting, lastState: ended(current) };
  return { state: ended(current), lastState: ended(previous) };
}

function mountStatuses(container: Container) {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly && { readOnly, recursiveReadOnly: "Disabled" }),
  }));
}

export function containerStatus(container: Container, facts: ContainerFacts): ContainerStatus {
  const current = facts.instances[0];
  const { state, lastState } = statesOf(facts);
  const running = state.running !== undefined;
  const mounts = mountStatuses(container);
  const ran = current && current.state !== "created" ? current : undefined;
  return {
    name: container.name,
    state,
    lastState,
    ready: running && facts.started && facts.ready,
    restartCount: current ? restartCountOf(current) : (facts.before?.restartCount ?? 0),
    image: container.image ?? "",
    imageID: ran ? facts.imageId(ran.imageId) : (facts.before?.imageID ?? ""),
    ...(ran
      ? { containerID: containerId(ran) }
      : facts.before?.containerID && { containerID: facts.before.containerID }),
    started: running && facts.started,
    ...(running && container.resources?.requests && { allocatedResources: container.resources.requests }),
    ...(running && { resources: container.resources ?? {} }),
    ...(mounts.length > 0 && { volumeMounts: mounts }),
  };
}
