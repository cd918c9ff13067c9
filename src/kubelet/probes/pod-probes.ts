/** The probes of one Pod's running containers. */
import type { Clock } from "../../machinery/clock.ts";
import type { ContainerRuntime, RuntimeContainer } from "../../machinery/container-runtime.ts";
import type { EventRecorder } from "../../machinery/event-recorder.ts";
import type { Stored } from "../../machinery/object.ts";
import type { ClusterSettings } from "../../machinery/settings.ts";
import type { Container, ContainerStatus, Pod, Probe } from "../../machinery/types.ts";
import { containerId } from "../container-status.ts";
import { containerReference } from "../references.ts";
import { attempt } from "./handler.ts";
import { Prober } from "./prober.ts";

type Kind = "Startup" | "Liveness" | "Readiness";

interface Probed {
  probers: Map<Kind, Prober>;
  /** What the Pod's status said of this very instance when we began to probe it: a restart of Skiff changes no verdict. */
  readyBefore: boolean;
  startedBefore: boolean;
}

export interface PodProbesOptions {
  runtime: Pick<ContainerRuntime, "exec">;
  events: EventRecorder;
  clock: Clock;
  settings: Pick<ClusterSettings, "nodeAddress">;
  /** Called whenever a verdict changes. */
  onChange: () => void;
}

export class PodProbes {
  readonly #options: PodProbesOptions;
  readonly #probed = new Map<string, Probed>();
  /** Instances that have used up the attempts of their startup probe. */
  readonly #startupFailed = new Set<string>();

  constructor(options: PodProbesOptions) {
    this.#options = options;
  }

  /** Begins to probe an instance that runs, as far as its spec says so and its startup probe lets it. */
  watch(pod: Stored<Pod>, container: Container, instance: RuntimeContainer, podIp: string): void {
    const probed = this.#probedOf(pod, container, instance);
    const begin = (kind: Kind, probe: Probe | undefined, initial: boolean) => {
      if (!probe || probed.probers.has(kind)) return;
      probed.probers.set(kind, this.#prober(kind, probe, initial, pod, container, instance, podIp));
    };
    begin("Startup", container.startupProbe, probed.startedBefore);
    if (!this.started(container, instance)) return;
    probed.probers.get("Startup")?.stop();
    begin("Liveness", container.livenessProbe, true);
    begin("Readiness", container.readinessProbe, probed.readyBefore);
  }

  ready(container: Container, instance: RuntimeContainer): boolean {
    if (!container.readinessProbe) return true;
    return this.#probed.get(instance.id)?.probers.get("Readiness")?.verdict ?? false;
  }

  started(container: Container, instance: RuntimeContainer): boolean {
    if (!container.startupProbe) return true;
    return this.#probed.get(instance.id)?.probers.get("Startup")?.verdict ?? false;
  }

  /** The probe because of which the instance is to be restarted. */
  failed(id: string): "liveness" | "startup" | undefined {
    const probed = this.#probed.get(id);
    if (probed?.probers.get("Liveness")?.verdict === false) return "liveness";
    return this.#startupFailed.has(id) ? "startup" : undefined;
  }

  /** No more restarts: a Pod that is being deleted is only asked whether it is ready. */
  endRestarts(): void {
    for (const { probers } of this.#probed.values()) {
      probers.get("Startup")?.stop();
      probers.get("Liveness")?.stop();
    }
  }

  /** Stops probing all instances but these. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const [id, { probers }] of this.#probed) {
      if (ids.has(id)) continue;
      for (const prober of probers.values()) prober.stop();
      this.#probed.delete(id);
      this.#startupFailed.delete(id);
    }
  }

  #probedOf(pod: Stored<Pod>, container: Container, instance: RuntimeContainer): Probed {
    const present = this.#probed.get(instance.id);
    if (present) return present;
    const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
    const status: ContainerStatus | undefined = statuses.find(({ name }) => name === container.name);
    const same = status?.containerID === containerId(instance);
    const probed = {
      probers: new Map<Kind, Prober>(),
      readyBefore: same && status.ready,
      startedBefore: same && (status.started ?? false),
    };
    this.#probed.set(instance.id, probed);
    return probed;
  }

  #prober(
    kind: Kind,
    probe: Probe,
    initial: boolean,
    pod: Stored<Pod>,
    container: Container,
    instance: RuntimeContainer,
    podIp: string,
  ): Prober {
    const { runtime, events, clock, settings, onChange } = this.#options;
    const about = containerReference(pod, container.name);
    const target = { runtime, container, id: instance.id, podIp, from: settings.nodeAddress };
    let failures = 0;
    const prober: Prober = new Prober({
      probe,
      startedAt: instance.startedAt ?? clock.now(),
      initial,
      clock,
      attempt: (timeoutMs) => attempt(probe, target, timeoutMs),
      onVerdict: (healthy) => {
        // The container is to be restarted: the same verdict again would only repeat the Event.
        if (kind === "Liveness" && !healthy) prober.stop();
        onChange();
      },
      onFailure: (output) => {
        events.record(about, "Warning", "Unhealthy", `${kind} probe failed: ${output}`);
        failures++;
        // A startup probe begins without success, so its failure is no change of verdict.
        if (kind !== "Startup" || failures < (probe.failureThreshold ?? 3)) return;
        this.#startupFailed.add(instance.id);
        prober.stop();
        onChange();
      },
      onWarning: (output) => events.record(about, "Warning", "ProbeWarning", `${kind} probe warning: ${output}`),
      onError: (error) =>
        events.record(
          about,
          "Warning",
          "Unhealthy",
          `${kind} probe errored and resulted in unknown state: ${error.message}`,
        ),
    });
    return prober;
  }
}
