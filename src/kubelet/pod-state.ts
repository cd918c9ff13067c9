/** What the kubelet keeps in memory of one Pod. Losing it loses nothing that matters: the rest is in the API and in the engine. */
import type { RuntimeContainer } from "../machinery/container-runtime.ts";
import { containerLabels } from "../machinery/container-runtime.ts";
import { nodeAddresses, podAddresses } from "../machinery/network-names.ts";
import type { ObjectKey, Stored } from "../machinery/object.ts";
import { pods } from "../machinery/resource.ts";
import type { Container, Pod } from "../machinery/types.ts";
import type { WaitingReason } from "./container-status.ts";
import type { PodFacts } from "./downward.ts";
import type { KubeletParts } from "./parts.ts";
import { currentOf, isRunning, type PodView, podView, runningSandbox } from "./pod-view.ts";
import { PodProbes } from "./probes/pod-probes.ts";
import { TerminationMessages } from "./termination-messages.ts";
import { PodDirectory } from "./volumes/pod-directory.ts";

/** Thrown to leave what is being done because the Pod is to go. */
export class Interrupted extends Error {}

export class PodState {
  readonly parts: KubeletParts;
  readonly key: ObjectKey;
  readonly uid: string;
  readonly directory: PodDirectory;
  readonly probes: PodProbes;
  readonly messages: TerminationMessages;
  /** Why containers that should run do not, by name. */
  readonly waiting = new Map<string, WaitingReason>();
  /** Names of containers whose `postStart` hook runs. */
  readonly hooks = new Set<string>();
  /** Instances that were ended because of a failed probe: their successors wait differently. */
  readonly endedByProbe = new Set<string>();
  /** Set when the kubelet itself ends the Pod. */
  verdict: { reason: string; message: string } | undefined;
  /** When a Service was last seen to send to the terminating Pod, in ms since the epoch. */
  lastTraffic: number | undefined;
  #interrupt: (() => void) | undefined;

  constructor(parts: KubeletParts, key: ObjectKey, uid: string, onChange: () => void) {
    this.parts = parts;
    this.key = key;
    this.uid = uid;
    this.directory = new PodDirectory(parts.settings.dataDir, uid);
    this.messages = new TerminationMessages(parts.runtime, this.directory);
    this.probes = new PodProbes({ ...parts, onChange });
  }

  /** The Pod as it is; undefined when it is gone, also if another has taken its name. */
  read(): Stored<Pod> | undefined {
    const pod = this.parts.client.get(pods, this.key);
    return pod?.metadata.uid === this.uid ? pod : undefined;
  }

  view(): PodView {
    return podView(this.parts.cache.of(this.uid));
  }

  /** Where the Pod is reached: its own address, or the node's with host networking. */
  podIp(view: PodView): string {
    return runningSandbox(view)?.labels[containerLabels.podIp] ?? this.parts.settings.nodeAddress;
  }

  /** @param podIp as {@link podIp} says. */
  facts(podIp: string): PodFacts {
    const { settings, node } = this.parts;
    const hostIps = nodeAddresses(settings);
    const podIps = podIp === settings.nodeAddress ? hostIps : podAddresses(settings, podIp);
    return { podIps, hostIps, nodeName: settings.nodeName, allocatable: node.allocatable };
  }

  started(container: Container, instance: RuntimeContainer): boolean {
    return !this.hooks.has(container.name) && this.probes.started(container, instance);
  }

  /** Probes what runs, and nothing else. */
  watchProbes(pod: Stored<Pod>, view: PodView): void {
    const podIp = this.podIp(view);
    const running = new Set<string>();
    for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
      const current = currentOf(view, container.name);
      if (!current || !isRunning(current)) continue;
      running.add(current.id);
      this.probes.watch(pod, container, current, podIp);
    }
    this.probes.keepOnly(running);
  }

  /** Ends every {@link orInterrupted} that is being waited for. */
  interrupt(): void {
    this.#interrupt?.();
  }

  /** Waits for something, unless the Pod is to go first. @throws Interrupted */
  async orInterrupted<T>(work: Promise<T>): Promise<T> {
    const interrupted = new Promise<never>((_, reject) => {
      this.#interrupt = () => reject(new Interrupted());
    });
    // What goes on after it was left to itself has nobody to tell of its failure.
    work.catch(() => {});
    try {
      return await Promise.race([work, interrupted]);
    } finally {
      this.#interrupt = undefined;
    }
  }
}
