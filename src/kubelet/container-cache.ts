/** What the engine runs, as of its last event, by Pod. */
import { containerLabels, type RuntimeContainer, type RuntimeEvent } from "../machinery/container-runtime.ts";
import { isRunning } from "./pod-view.ts";

/** Pods are identified by UID. */
export class ContainerCache {
  readonly #byPod = new Map<string, Map<string, RuntimeContainer>>();
  readonly #podOf = new Map<string, string>();
  readonly #stopped = new Map<string, Set<() => void>>();

  /** @returns UIDs of the Pods that something changed for. */
  apply(event: RuntimeEvent): Set<string> {
    switch (event.type) {
      case "synced":
        return this.#replace(event.containers);
      case "changed":
        return new Set([this.#put(event.container)]);
      case "removed": {
        const pod = this.#remove(event.id);
        return new Set(pod === undefined ? [] : [pod]);
      }
      default:
        return new Set();
    }
  }

  of(podUid: string): Iterable<RuntimeContainer> {
    return this.#byPod.get(podUid)?.values() ?? [];
  }

  get(id: string): RuntimeContainer | undefined {
    return this.#byPod.get(this.#podOf.get(id) ?? "")?.get(id);
  }

  podUids(): string[] {
    return [...this.#byPod.keys()];
  }

  /** Resolves when the container does not run any more (at once if so). */
  stopped(id: string): Promise<void> {
    const container = this.get(id);
    if (!container || !isRunning(container)) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#stopped.get(id) ?? new Set();
      waiting.add(resolve);
      this.#stopped.set(id, waiting);
    });
  }

  #replace(containers: readonly RuntimeContainer[]): Set<string> {
    const present = new Set(containers.map(({ id }) => id));
    const pods = new Set(this.#byPod.keys());
    for (const id of this.#podOf.keys()) if (!present.has(id)) this.#remove(id);
    for (const container of containers) pods.add(this.#put(container));
    return pods;
  }

  #put(container: RuntimeContainer): string {
    const pod = container.labels[containerLabels.podUid] ?? "";
    const containers = this.#byPod.get(pod) ?? new Map<string, RuntimeContainer>();
    containers.set(container.id, container);
    this.#byPod.set(pod, containers);
    this.#podOf.set(container.id, pod);
    if (!isRunning(container)) this.#tellStopped(container.id);
    return pod;
  }

  #remove(id: string): string | undefined {
    const pod = this.#podOf.get(id);
    if (pod === undefined) return undefined;
    this.#podOf.delete(id);
    const containers = this.#byPod.get(pod);
    containers?.delete(id);
    if (containers?.size === 0) this.#byPod.delete(pod);
    this.#tellStopped(id);
    return pod;
  }

  #tellStopped(id: string): void {
    const waiting = this.#stopped.get(id);
    this.#stopped.delete(id);
    for (const resolve of waiting ?? []) resolve();
  }
}
