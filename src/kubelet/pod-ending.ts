/** Pods that end: by themselves, by their deadline, or because they are deleted. */
import type { Stored } from "../machinery/object.ts";
import { pods } from "../machinery/resource.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { Pod } from "../machinery/types.ts";
import { publish } from "./pod-publisher.ts";
import type { PodState } from "./pod-state.ts";
import {
  endingNow,
  isOnlyRemains,
  isServed,
  type RunningContainer,
  receivesTraffic,
  removePod,
  removeSandboxes,
} from "./pod-teardown.ts";
import { allOf, type PodView } from "./pod-view.ts";
import { podReference } from "./references.ts";

/** A terminating Pod's containers get their signal when no Service sends to it any more, or after this. */
const trafficLimitMs = 2_000;
/**
 * Connections made just before the rules forgot the Pod wait in its server's queue; a server that closes that queue at
 * once, as most do on SIGTERM, would reset them.
 */
const settleMs = 150;
const defaultGraceSeconds = 30;

/** Whether `activeDeadlineSeconds` have passed since the Pod began; else when they will have, in ms since the epoch. */
export function deadline(state: PodState, pod: Stored<Pod>): { passed: boolean; at?: number } {
  const { clock, events } = state.parts;
  const seconds = pod.spec?.activeDeadlineSeconds;
  const begun = pod.status?.startTime;
  if (seconds === undefined || begun === undefined) return { passed: false };
  const at = Date.parse(begun) + seconds * 1000;
  if (clock.now() < at) return { passed: false, at };
  const message = "Pod was active on the node longer than the specified deadline";
  if (!state.verdict) events.record(podReference(pod), "Normal", "DeadlineExceeded", message);
  state.verdict = { reason: "DeadlineExceeded", message };
  return { passed: true };
}

/**
 * Ends a Pod of which nothing is to run any more; what its containers left behind stays for `logs`.
 * @param onEnded called whenever a container has ended.
 */
export async function endPod(state: PodState, pod: Stored<Pod>, onEnded: () => void): Promise<void> {
  await publish(state);
  const view = state.view();
  const ending = endingNow(pod, view);
  killAll(state, pod, view, ending, pod.spec?.terminationGracePeriodSeconds ?? defaultGraceSeconds, onEnded);
  if (ending.length > 0) return;
  state.waiting.clear();
  state.probes.keepOnly(new Set());
  await removeSandboxes(state.parts, view.sandboxes);
  await publish(state);
}

/**
 * Ends a Pod that is being deleted, and removes all of it, the object last.
 * @param since when it was first seen so.
 * @returns when to look again at the latest, in ms since the epoch, while a Service still sends to it.
 */
export async function terminatePod(
  state: PodState,
  pod: Stored<Pod>,
  since: number,
  onEnded: () => void,
): Promise<number | undefined> {
  const { clock, client } = state.parts;
  const view = state.view();
  const ending = endingNow(pod, view);
  if (ending.length > 0) {
    state.probes.endRestarts();
    await publish(state);
    const { deletionGracePeriodSeconds } = pod.metadata;
    const grace = deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? defaultGraceSeconds;
    const until = drainedAt(state, pod, since);
    if (grace > 0 && clock.now() < until) return until;
    killAll(state, pod, view, ending, grace, onEnded);
    return undefined;
  }
  state.waiting.clear();
  state.probes.keepOnly(new Set());
  await publish(state);
  try {
    await removePod(state.parts, pod, state.view(), state.directory);
  } catch (error) {
    // The worker goes on trying when the object is gone.
    if (!isOnlyRemains(error, allOf(state.view()))) throw error;
  }
  // Held by finalizers it is only waiting for others.
  if (pod.metadata.deletionGracePeriodSeconds === 0 && pod.metadata.finalizers?.length) return undefined;
  try {
    await client.delete(pods, state.key, { gracePeriodSeconds: 0, preconditions: { uid: state.uid } });
  } catch (error) {
    if (!StatusError.is(error, "NotFound") && !StatusError.is(error, "Conflict")) throw error;
  }
  return undefined;
}

/** When the Pod may be told to end, as far as can be said now: it has no connections to expect then. */
function drainedAt(state: PodState, pod: Stored<Pod>, since: number): number {
  const { clock } = state.parts;
  const limit = since + trafficLimitMs;
  if (receivesTraffic(state.parts, pod)) {
    state.lastTraffic = clock.now();
    return limit;
  }
  if (!isServed(state.parts, pod)) return since;
  return Math.min(limit, (state.lastTraffic ?? since) + settleMs);
}

function killAll(
  state: PodState,
  pod: Stored<Pod>,
  view: PodView,
  ending: readonly RunningContainer[],
  graceSeconds: number,
  onEnded: () => void,
): void {
  const podIp = state.podIp(view);
  for (const { container, instance } of ending) {
    const message = `Stopping container ${container.name}`;
    void state.parts.kills.kill({ pod, container, instance, podIp, graceSeconds, message }).then(onEnded);
  }
}
