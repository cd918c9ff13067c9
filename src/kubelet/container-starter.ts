/** Starts a container of a Pod, and keeps the reason where it cannot. */
import { containerLabels, type RuntimeContainer } from "../machinery/container-runtime.ts";
import type { Stored } from "../machinery/object.ts";
import type { Container, Pod } from "../machinery/types.ts";
import { ConfigError } from "./env.ts";
import { ImageError } from "./images.ts";
import { restartOf } from "./pod-actions.ts";
import { imageRequest, planContainer } from "./pod-container.ts";
import { Interrupted, type PodState } from "./pod-state.ts";
import { gracePeriod } from "./pod-teardown.ts";
import { currentOf, restartCountOf } from "./pod-view.ts";
import { runHook } from "./probes/hook.ts";
import { containerReference } from "./references.ts";
import type { MadeVolume } from "./volumes/pod-volumes.ts";

export interface StartSurroundings {
  pod: Stored<Pod>;
  sandbox: RuntimeContainer;
  volumes: ReadonlyMap<string, MadeVolume>;
}

/** When to try again: at a time (ms since the epoch), after a back-off, or when something that is watched changes. */
export type StartResult = { retryAt: number } | { failed: Error } | undefined;

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @throws Interrupted when the Pod is to go. */
export async function startContainer(
  state: PodState,
  container: Container,
  surroundings: StartSurroundings,
): Promise<StartResult> {
  const { events } = state.parts;
  const about = containerReference(surroundings.pod, container.name);
  try {
    const current = currentOf(state.view(), container.name);
    // Made by a process that died before it could start it.
    const made = current?.state === "created" ? current.id : undefined;
    const id = made ?? (await createContainer(state, container, surroundings, current));
    await startInstance(state, container, surroundings.pod, id);
    return undefined;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const message = textOf(error);
    if (error instanceof ImageError) {
      state.waiting.set(container.name, { reason: error.reason, message });
      return error.retryAt === undefined ? undefined : { retryAt: error.retryAt };
    }
    events.record(about, "Warning", "Failed", `Error: ${message}`);
    const lacking = error instanceof ConfigError;
    const reason = lacking ? "CreateContainerConfigError" : "CreateContainerError";
    state.waiting.set(container.name, { reason, message });
    // What is missing is watched for; everything else is tried again.
    return lacking ? undefined : { failed: error instanceof Error ? error : new Error(message) };
  }
}

async function createContainer(
  state: PodState,
  container: Container,
  { pod, sandbox, volumes }: StartSurroundings,
  current: RuntimeContainer | undefined,
): Promise<string> {
  const { parts } = state;
  const { runtime, events, images } = parts;
  const image = await state.orInterrupted(images.ensure(imageRequest(parts, pod, container)));
  const before = lastCount(pod, container, current);
  const config = await planContainer(parts, {
    pod,
    container,
    image,
    sandbox,
    volumes,
    directory: state.directory,
    facts: state.facts(sandbox.labels[containerLabels.podIp] ?? parts.settings.nodeAddress),
    restartCount: before === undefined ? 0 : before + 1,
    backoffSeconds: current
      ? restartOf(current, { view: state.view(), endedByProbe: (id) => state.endedByProbe.has(id) }).nextBackoffSeconds
      : 0,
  });
  try {
    const { id } = await runtime.create(config);
    const about = containerReference(pod, container.name);
    events.record(about, "Normal", "Created", `Created container: ${container.name}`);
    return id;
  } catch (error) {
    // The image may have been removed by somebody else since it was looked for.
    images.changed();
    throw error;
  }
}

/** The restart count of the instance before, whether the engine still knows it or only the status does. */
function lastCount(pod: Stored<Pod>, container: Container, current: RuntimeContainer | undefined): number | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const status = [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container.name);
  const known = status?.containerID ? status.restartCount : undefined;
  if (!current) return known;
  return Math.max(restartCountOf(current), known ?? 0);
}

async function startInstance(state: PodState, container: Container, pod: Stored<Pod>, id: string): Promise<void> {
  const { runtime, events } = state.parts;
  const about = containerReference(pod, container.name);
  let instance: RuntimeContainer;
  try {
    instance = await runtime.start(id);
  } catch (error) {
    const message = `failed to start container "${container.name}": Error response from daemon: ${textOf(error)}`;
    events.record(about, "Warning", "Failed", `Error: ${message}`);
    state.waiting.set(container.name, { reason: "RunContainerError", message });
    return;
  }
  state.waiting.delete(container.name);
  events.record(about, "Normal", "Started", `Started container ${container.name}`);
  if (container.lifecycle?.postStart) await postStart(state, container, pod, instance);
}

/** Until its hook is done a container counts as being created. A hook that fails ends it. */
async function postStart(
  state: PodState,
  container: Container,
  pod: Stored<Pod>,
  instance: RuntimeContainer,
): Promise<void> {
  const { runtime, events, kills } = state.parts;
  const hook = container.lifecycle?.postStart;
  if (!hook) return;
  const podIp = state.podIp(state.view());
  state.hooks.add(container.name);
  try {
    await state.orInterrupted(runHook(hook, { runtime, container, id: instance.id, podIp }));
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const about = containerReference(pod, container.name);
    events.record(about, "Warning", "FailedPostStartHook", "PostStartHook failed");
    state.waiting.set(container.name, { reason: "PostStartHookError", message: textOf(error) });
    const graceSeconds = gracePeriod(pod, container);
    await kills.kill({ pod, container, instance, podIp, graceSeconds, message: "FailedPostStartHook" });
  } finally {
    state.hooks.delete(container.name);
  }
}
