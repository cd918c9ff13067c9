/** What is to be done for a Pod that should run, from its spec and what runs: pure. */
import { containerLabels, type RuntimeContainer } from "../machinery/container-runtime.ts";
import type { Container, PodSpec } from "../machinery/types.ts";
import { type Restart, restartAfter, restartAfterProbe, restartWithPod } from "./backoff.ts";
import { specHash } from "./container-config.ts";
import { backoffSecondsOf, currentOf, isRunning, type PodView, runningSandbox } from "./pod-view.ts";
import { isSidecar } from "./sidecar.ts";

export interface ActionFacts {
  spec: PodSpec;
  view: PodView;
  /** The probe because of which an instance is to be restarted. */
  failedProbe(id: string): "liveness" | "startup" | undefined;
  /** Whether an instance was ended because of a probe. */
  endedByProbe(id: string): boolean;
  /** Whether a running container counts as started. */
  started(container: Container, instance: RuntimeContainer): boolean;
  now: number;
}

export type RestartFacts = Pick<ActionFacts, "view" | "endedByProbe">;

export interface Kill {
  instance: RuntimeContainer;
  container: Container;
  /** Text of the Event `Killing`. */
  message: string;
  /** A probe with a grace period of its own may be the cause. */
  probe?: "liveness" | "startup";
}

export interface PodActions {
  kill: Kill[];
  /** A sandbox is wanted and there is none that runs. */
  newSandbox: boolean;
  /** Containers to start, in this order; those with an instance that was created but never started begin with that. */
  start: Container[];
  /** Containers that wait before their next start. */
  backingOff: { container: Container; instance: RuntimeContainer; restart: Restart }[];
}

/** Whether the container is to run again after this end. Rule: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy */
export function restarts(spec: PodSpec, container: Container, instance: RuntimeContainer): boolean {
  if (isSidecar(container)) return true;
  if (spec.restartPolicy === "Never") return false;
  return spec.restartPolicy !== "OnFailure" || instance.exitCode !== 0;
}

export function podActions(facts: ActionFacts): PodActions {
  const { spec, view } = facts;
  const sandbox = runningSandbox(view);
  const actions: PodActions = { kill: [], newSandbox: false, start: [], backingOff: [] };
  if (!sandbox) return withoutSandbox(facts, actions);

  const inSandbox = (container: Container) => {
    const current = currentOf(view, container.name);
    return current?.labels[containerLabels.sandbox] === sandbox.id ? current : undefined;
  };
  // A container that outlived its sandbox has no network any more.
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const current = currentOf(view, container.name);
    if (current && isRunning(current) && !inSandbox(container)) actions.kill.push(sandboxKill(container, current));
  }
  if (actions.kill.length > 0) return actions;

  const initialized = spec.containers.some((container) => {
    const current = inSandbox(container);
    return current !== undefined && current.state !== "created";
  });
  const proceed = initContainers(facts, actions, inSandbox, initialized);
  if (proceed) for (const container of spec.containers) ownContainer(facts, actions, container, inSandbox(container));
  return actions;
}

const sandboxKill = (container: Container, instance: RuntimeContainer): Kill => ({
  container,
  instance,
  message: `Stopping container ${container.name}`,
});

/** First everything that still runs ends, then a new sandbox is made if a container is to run in it. */
function withoutSandbox({ spec, view }: ActionFacts, actions: PodActions): PodActions {
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const current = currentOf(view, container.name);
    if (current && isRunning(current)) actions.kill.push(sandboxKill(container, current));
  }
  if (actions.kill.length > 0) return actions;
  actions.newSandbox = spec.containers.some((container) => {
    const current = currentOf(view, container.name);
    return !current || current.state === "created" || restarts(spec, container, current);
  });
  return actions;
}

/** @returns whether the Pod's own containers may run. */
function initContainers(
  facts: ActionFacts,
  actions: PodActions,
  inSandbox: (container: Container) => RuntimeContainer | undefined,
  initialized: boolean,
): boolean {
  for (const container of facts.spec.initContainers ?? []) {
    const current = inSandbox(container);
    if (isSidecar(container)) {
      ownContainer(facts, actions, container, current);
      const started = current && isRunning(current) && facts.started(container, current);
      if (!started && !initialized) return false;
      continue;
    }
    if (initialized || (current?.state === "exited" && current.exitCode === 0)) continue;
    ownContainer(facts, actions, container, current);
    return false;
  }
  return true;
}

function ownContainer(
  facts: ActionFacts,
  actions: PodActions,
  container: Container,
  current: RuntimeContainer | undefined,
): void {
  if (!current) {
    // Its end in an earlier sandbox may have been its last.
    const earlier = currentOf(facts.view, container.name);
    const over = earlier?.state === "exited" && isOver(facts.spec, container, earlier);
    if (!over) startOrWait(facts, actions, container, earlier);
    return;
  }
  if (current.state === "created") return void actions.start.push(container);
  if (current.state === "exited") {
    if (restarts(facts.spec, container, current)) startOrWait(facts, actions, container, current);
    return;
  }
  const probe = facts.failedProbe(current.id);
  if (probe) {
    const message = `Container ${container.name} failed ${probe} probe, will be restarted`;
    actions.kill.push({ container, instance: current, message, probe });
  } else if (current.labels[containerLabels.specHash] !== specHash(container)) {
    const message = `Container ${container.name} definition changed, will be restarted`;
    actions.kill.push({ container, instance: current, message });
  }
}

/** Init containers run again in a new sandbox, whatever became of them in the old one. */
function isOver(spec: PodSpec, container: Container, instance: RuntimeContainer): boolean {
  const init = spec.initContainers?.includes(container) ?? false;
  return !init && !restarts(spec, container, instance);
}

function startOrWait(
  facts: ActionFacts,
  actions: PodActions,
  container: Container,
  ended: RuntimeContainer | undefined,
): void {
  if (ended?.state === "exited") {
    const restart = restartOf(ended, facts);
    if (restart.at > facts.now) return void actions.backingOff.push({ container, instance: ended, restart });
  }
  actions.start.push(container);
}

/** When a container that ended may start again. */
export function restartOf(ended: RuntimeContainer, { view, endedByProbe }: RestartFacts): Restart {
  const end = {
    backoffSeconds: backoffSecondsOf(ended),
    createdAt: ended.createdAt,
    finishedAt: ended.finishedAt ?? ended.createdAt,
  };
  const sandbox = runningSandbox(view);
  if (sandbox && ended.labels[containerLabels.sandbox] !== sandbox.id) return restartWithPod(end);
  if (!endedByProbe(ended.id)) return restartAfter(end);
  const instances = view.instances.get(ended.labels[containerLabels.container] ?? "") ?? [];
  const before = instances.find(({ id, state }) => id !== ended.id && state === "exited");
  return restartAfterProbe(end, before && { finishedAt: before.finishedAt ?? before.createdAt });
}
