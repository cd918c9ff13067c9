/**
 * Brings what runs for one Pod towards what its object says. It is told that something may have changed, never what:
 * it reads the Pod, what the engine runs and what the probes say, acts, and writes the status that follows from it.
 */
import { type RuntimeContainer, RuntimeError } from "../machinery/container-runtime.ts";
import type { ObjectKey, Stored } from "../machinery/object.ts";
import type { Pod, PodSpec } from "../machinery/types.ts";
import { Alarm } from "./alarm.ts";
import { printSeconds } from "./backoff.ts";
import { startContainer } from "./container-starter.ts";
import type { KubeletParts } from "./parts.ts";
import { type PodActions, podActions } from "./pod-actions.ts";
import { deadline, endPod, terminatePod } from "./pod-ending.ts";
import { PodMounter } from "./pod-mounter.ts";
import { publish } from "./pod-publisher.ts";
import { runSandbox } from "./pod-sandbox.ts";
import { Interrupted, PodState } from "./pod-state.ts";
import { isTerminal } from "./pod-status.ts";
import { gracePeriod, isOnlyRemains, removePod, removeSandboxes } from "./pod-teardown.ts";
import { allOf, type PodView, restartCountOf, runningSandbox } from "./pod-view.ts";
import { containerReference, podReference } from "./references.ts";

/** Waits after failures in a row: doubling from the first to the longest. */
const firstRetryMs = 250;
const longestRetryMs = 2 * 60 * 1000;
/** The kubelet's `backOffPeriod`. */
const longestSandboxRetryMs = 10_000;

const imageReasons: ReadonlySet<string> = new Set(["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"]);

export class PodWorker {
  readonly #parts: KubeletParts;
  readonly #state: PodState;
  readonly #mounter: PodMounter;
  readonly #alarm: Alarm;
  readonly #onGone: () => void;
  /** Instances whose wait for a restart has been told of. */
  readonly #told = new Set<string>();
  #endingSince: number | undefined;
  #last: Stored<Pod> | undefined;
  #dirty = false;
  #working: Promise<void> | undefined;
  #failures = 0;
  /** What a failed sandbox leaves behind, and its removal, are news of the Pod, but no reason to try the next at once. */
  #nextSandboxAt = 0;
  #stopped = false;

  /** @param onGone called when nothing of the Pod is left. */
  constructor(parts: KubeletParts, key: ObjectKey, uid: string, onGone: () => void) {
    this.#parts = parts;
    this.#state = new PodState(parts, key, uid, () => this.notify());
    this.#mounter = new PodMounter(this.#state, () => this.notifyVolumes());
    this.#alarm = new Alarm(parts.clock, () => this.notify());
    this.#onGone = onGone;
  }

  /** Something may have changed. */
  notify(): void {
    if (this.#stopped) return;
    this.#dirty = true;
    const pod = this.#state.read();
    if (!pod || pod.metadata.deletionTimestamp) this.#state.interrupt();
    this.#working ??= this.#work();
  }

  /** An object that the Pod's volumes show has changed. */
  notifyVolumes(): void {
    this.#mounter.invalidate();
    this.notify();
  }

  /** The engine's images have changed: what waits for one may find it now. */
  notifyImages(): void {
    if ([...this.#state.waiting.values()].some(({ reason }) => imageReasons.has(reason))) this.notify();
  }

  /** Stops caring. Resolves when nothing is being done for the Pod any more; its containers are left as they are. */
  async stop(): Promise<void> {
    this.#cease();
    this.#state.interrupt();
    await this.#working;
  }

  #cease(): void {
    this.#stopped = true;
    this.#alarm.clear();
    this.#mounter.stop();
    this.#state.probes.keepOnly(new Set());
  }

  async #work(): Promise<void> {
    while (this.#dirty && !this.#stopped) {
      this.#dirty = false;
      const failures = this.#failures;
      try {
        await this.#sync();
        // What failed within it has counted itself, and set the time of the next attempt. Waiting for that is no success.
        const waiting = this.#parts.clock.now() < this.#nextSandboxAt;
        if (this.#failures === failures && !waiting) this.#failures = 0;
      } catch (error) {
        if (!(error instanceof Interrupted)) this.#retryLater(error);
      }
    }
    this.#working = undefined;
  }

  #retryLater(error: unknown): void {
    const { clock, log } = this.#parts;
    const { namespace, name } = this.#state.key;
    const longest = clock.now() < this.#nextSandboxAt ? longestSandboxRetryMs : longestRetryMs;
    const delay = Math.min(firstRetryMs * 2 ** this.#failures, longest);
    this.#failures++;
    const message = error instanceof Error ? error.message : String(error);
    log.warn({ pod: `${namespace}/${name}`, error: message, delay }, "cannot bring a Pod about yet");
    this.#alarm.set(clock.now() + delay);
  }

  async #sync(): Promise<void> {
    const pod = this.#state.read();
    if (!pod) return this.#removeAll();
    this.#last = pod;
    const onEnded = () => this.notify();
    if (pod.metadata.deletionTimestamp) {
      this.#endingSince ??= this.#parts.clock.now();
      const again = await terminatePod(this.#state, pod, this.#endingSince, onEnded);
      if (again !== undefined) this.#alarm.set(again);
      return;
    }
    if (isTerminal(pod.status?.phase)) return endPod(this.#state, pod, onEnded);
    const { passed, at } = deadline(this.#state, pod);
    if (passed) return endPod(this.#state, pod, onEnded);
    if (at !== undefined) this.#alarm.set(at);
    return this.#run(pod);
  }

  /** The object is gone: so is everything else, at once. */
  async #removeAll(): Promise<void> {
    await removePod(this.#parts, this.#last, this.#state.view(), this.#state.directory);
    this.#parts.images.forget(this.#state.uid);
    this.#cease();
    this.#onGone();
  }

  async #run(pod: Stored<Pod>): Promise<void> {
    const { runtime } = this.#parts;
    const view = this.#state.view();
    const paused = allOf(view).filter(({ state }) => state === "paused");
    await Promise.all(paused.map(({ id }) => runtime.unpause(id)));
    this.#state.watchProbes(pod, view);
    const actions = this.#actions(pod, view);
    // The state before is told of while the next is brought about.
    const published = publish(this.#state);
    this.#kill(pod, view, actions);
    this.#backOff(pod, actions);
    const early = actions.newSandbox && this.#parts.clock.now() < this.#nextSandboxAt;
    if (early) this.#alarm.set(this.#nextSandboxAt);
    const starts = !early && (actions.newSandbox || actions.start.length > 0);
    await Promise.all([published, (starts || (!early && !this.#mounter.made)) && this.#start(pod, view, actions)]);
    await publish(this.#state);
    // A Pod that has just ended has things to be cleared away.
    if (isTerminal(this.#state.read()?.status?.phase)) this.notify();
    await this.#removeOld();
  }

  #actions(pod: Stored<Pod>, view: PodView): PodActions {
    return podActions({
      spec: pod.spec as PodSpec,
      view,
      failedProbe: (id) => this.#state.probes.failed(id),
      endedByProbe: (id) => this.#state.endedByProbe.has(id),
      started: (container, instance) => this.#state.started(container, instance),
      now: this.#parts.clock.now(),
    });
  }

  #kill(pod: Stored<Pod>, view: PodView, actions: PodActions): void {
    const podIp = this.#state.podIp(view);
    for (const { container, instance, message, probe } of actions.kill) {
      if (probe) this.#state.endedByProbe.add(instance.id);
      const order = { pod, container, instance, message, podIp, graceSeconds: gracePeriod(pod, container, probe) };
      void this.#parts.kills.kill(order).then(() => this.notify());
    }
  }

  /** Containers between two runs show why they wait. */
  #backOff(pod: Stored<Pod>, actions: PodActions): void {
    const { name, namespace, uid } = pod.metadata;
    const where = `${name}_${namespace}(${uid})`;
    for (const { container, instance, restart } of actions.backingOff) {
      this.#state.waiting.set(container.name, {
        reason: "CrashLoopBackOff",
        message: `back-off ${printSeconds(restart.waitSeconds)} restarting failed container=${container.name} pod=${where}`,
      });
      this.#alarm.set(restart.at);
      if (this.#told.has(instance.id)) continue;
      this.#told.add(instance.id);
      const message = `Back-off restarting failed container ${container.name} in pod ${where}`;
      this.#parts.events.record(containerReference(pod, container.name), "Warning", "BackOff", message);
    }
  }

  async #start(pod: Stored<Pod>, view: PodView, actions: PodActions): Promise<void> {
    const volumes = this.#mounter.made ?? (await this.#mounter.mount(pod));
    let todo = actions.start;
    let sandbox = runningSandbox(view);
    if (actions.newSandbox) {
      sandbox = await this.#newSandbox(pod, view);
      const again = this.#actions(pod, this.#state.view());
      this.#backOff(pod, again);
      todo = again.start;
    }
    if (!sandbox) return;
    // One after the other, in the order of the spec: who comes later may rely on who comes first.
    for (const container of todo) {
      const result = await startContainer(this.#state, container, { pod, sandbox, volumes });
      if (result && "retryAt" in result) this.#alarm.set(result.retryAt);
      else if (result) this.#retryLater(result.failed);
    }
  }

  async #newSandbox(pod: Stored<Pod>, view: PodView): Promise<RuntimeContainer> {
    const { clock, events, runtime } = this.#parts;
    const newest = view.sandboxes[0];
    if (newest || view.instances.size > 0) {
      const message = "Pod sandbox changed, it will be killed and re-created.";
      events.record(podReference(pod), "Normal", "SandboxChanged", message);
      try {
        await removeSandboxes(this.#parts, view.sandboxes);
      } catch (error) {
        // What stays is tried again with the rest of what is old.
        if (!isOnlyRemains(error, this.#state.view().sandboxes)) throw error;
      }
    }
    try {
      return await runSandbox(this.#parts, pod, this.#state.directory, newest ? restartCountOf(newest) + 1 : 0);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      events.record(podReference(pod), "Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${message}`);
      // An engine that is back is tried at once.
      if (RuntimeError.is(error, "Unavailable")) throw error;
      const delay = Math.min(firstRetryMs * 2 ** this.#failures, longestSandboxRetryMs);
      this.#nextSandboxAt = clock.now() + delay;
      // Somebody may have removed the network or the image: the next attempt shall find them.
      await runtime.prepare();
      throw error;
    }
  }

  /** Of each container the present instance and the one before are kept, of sandboxes the present one. */
  async #removeOld(): Promise<void> {
    const { instances, sandboxes } = this.#state.view();
    const old = [...instances.values()].flatMap((own) => own.slice(2));
    for (const { id } of old) {
      this.#told.delete(id);
      this.#state.endedByProbe.delete(id);
    }
    await removeSandboxes(this.#parts, sandboxes.slice(1));
    await Promise.all(old.map(({ id }) => this.#parts.runtime.remove(id)));
  }
}
