/** What the engine runs for one Pod: containers sorted by what they are. Pure. */
import { containerLabels, type RuntimeContainer } from "../machinery/container-runtime.ts";

export interface PodView {
  /** Newest first. */
  sandboxes: readonly RuntimeContainer[];
  /** Instances by container name, newest first: the first is the present one, the second what `logs --previous` shows. */
  instances: ReadonlyMap<string, readonly RuntimeContainer[]>;
}

export function restartCountOf(container: RuntimeContainer): number {
  return Number(container.labels[containerLabels.restartCount] ?? 0);
}

export function backoffSecondsOf(container: RuntimeContainer): number {
  return Number(container.labels[containerLabels.backoffSeconds] ?? 0);
}

const newestFirst = (a: RuntimeContainer, b: RuntimeContainer) =>
  restartCountOf(b) - restartCountOf(a) || b.createdAt - a.createdAt;

/** @param containers all of one Pod's. */
export function podView(containers: Iterable<RuntimeContainer>): PodView {
  const sandboxes: RuntimeContainer[] = [];
  const instances = new Map<string, RuntimeContainer[]>();
  for (const container of containers) {
    const name = container.labels[containerLabels.container];
    if (name === undefined) sandboxes.push(container);
    else instances.set(name, [...(instances.get(name) ?? []), container].sort(newestFirst));
  }
  return { sandboxes: sandboxes.sort(newestFirst), instances };
}

/** The sandbox that holds the Pod's network now. */
export function runningSandbox(view: PodView): RuntimeContainer | undefined {
  const newest = view.sandboxes[0];
  return newest && isRunning(newest) ? newest : undefined;
}

/** A paused container runs: it holds its memory, its ports and its process. */
export function isRunning(container: RuntimeContainer): boolean {
  return container.state === "running" || container.state === "paused";
}

export function currentOf(view: PodView, name: string): RuntimeContainer | undefined {
  return view.instances.get(name)?.[0];
}

export function allOf(view: PodView): RuntimeContainer[] {
  return [...[...view.instances.values()].flat(), ...view.sandboxes];
}
