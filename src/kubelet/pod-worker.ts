/**
 * Brings what runs for one Pod towards what its object says. It is told that something may have changed, never what:
 * it reads the Pod, what the engine runs and what the probes say, acts, and writes the status that follows from it.
 */
import { modify } from "../machinery/client.ts";
import { containerLabels, type RuntimeContainer, RuntimeError } from "../machinery/container-runtime.ts";
import { equal } from "../machinery/equal.ts";
import type { ObjectKey, Stored } from "../machinery/object.ts";
import { pods } from "../machinery/resource.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { Container, Pod, PodSpec, PodStatus } from "../machinery/types.ts";
import { Alarm } from "./alarm.ts";
import { printSeconds } from "./backoff.ts";
import type { WaitingReason } from "./container-status.ts";
import type { PodFacts } from "./downward.ts";
import { ConfigError } from "./env.ts";
import { ImageError } from "./images.ts";
import type { KubeletParts } from "./parts.ts";
import { type PodActions, podActions, restartOf } from "./pod-actions.ts";
import { imageRequest, planContainer, referencesOf } from "./pod-container.ts";
import { runSandbox } from "./pod-sandbox.ts";
import { isTerminal, podStatus } from "./pod-status.ts";
import { endingNow, receivesTraffic, removePod, removeSandboxes } from "./pod-teardown.ts";
import { allOf, currentOf, isRunning, type PodView, podView, restartCountOf, runningSandbox } from "./pod-view.ts";
import { runHook } from "./probes/hook.ts";
import { PodProbes } from "./probes/pod-probes.ts";
import { containerReference, podReference } from "./references.ts";
import { TerminationMessages } from "./termination-messages.ts";
import { PodDirectory } from "./volumes/pod-directory.ts";
import { type MadeVolume, MountError, makeVolumes } from "./volumes/pod-volumes.ts";
import { VolumeError } from "./volumes/projection.ts";
import { TokenCache } from "./volumes/token-cache.ts";

/** A terminating Pod's containers get their signal when no Service sends to it any more, or after this. */
const trafficLimitMs = 2_000;
/** Waits after failures in a row: 250 ms, doubling up to this. */
const longestRetryMs = 2 * 60 * 1000;
const firstRetryMs = 250;

const imageReasons: ReadonlySet<string> = new Set(["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"]);

/** Thrown to leave what is being done because the Pod is to go. */
class Interrupted extends Error {}

export class PodWorker {
  readonly #parts: KubeletParts;
  readonly #key: ObjectKey;
  readonly #uid: string;
  readonly #onGone: () => void;
  readonly #directory: PodDirectory;
  readonly #probes: PodProbes;
  readonly #messages: TerminationMessages;
  readonly #tokens: TokenCache;
  readonly #alarm: Alarm;
  /** Why containers that should run do not, by name. */
  readonly #waiting = new Map<string, WaitingReason>();
  readonly #hooks = new Set<string>();
  /** Instances whose wait for a restart has been told of. */
  readonly #told = new Set<string>();
  #volumes: ReadonlyMap<string, MadeVolume> | undefined;
  #verdict: { reason: string; message: string } | undefined;
  #endingSince: number | undefined;
  #last: Stored<Pod> | undefined;
  #interrupt: (() => void) | undefined;
  #dirty = false;
  #working: Promise<void> | undefined;
  #failures = 0;
  #stopped = false;

  constructor(parts: KubeletParts, key: ObjectKey, uid: string, onGone: () => void) {
    this.#parts = parts;
    this.#key = key;
    this.#uid = uid;
    this.#onGone = onGone;
    this.#directory = new PodDirectory(parts.settings.dataDir, uid);
    this.#alarm = new Alarm(parts.clock, () => this.notify());
    this.#messages = new TerminationMessages(parts.runtime, this.#directory);
    this.#probes = new PodProbes({ ...parts, onChange: () => this.notify() });
    this.#tokens = new TokenCache(async ({ audience, expirationSeconds }) => {
      const pod = this.#last;
      return parts.issueToken({
        namespace: key.namespace ?? "",
        serviceAccount: pod?.spec?.serviceAccountName || "default",
        ...(audience && { audiences: [audience] }),
        expirationSeconds,
        pod: { name: key.name, uid },
      });
    }, parts.clock);
  }

  /** Something may have changed. */
  notify(): void {
    if (this.#stopped) return;
    this.#dirty = true;
    const pod = this.#read();
    if (!pod || pod.metadata.deletionTimestamp) this.#interrupt?.();
    this.#working ??= this.#work();
  }

  /** An object that the Pod's volumes show has changed. */
  notifyVolumes(): void {
    this.#volumes = undefined;
    this.notify();
  }

  /** The engine's images have changed: what waits for one may find it now. */
  notifyImages(): void {
    if ([...this.#waiting.values()].some(({ reason }) => imageReasons.has(reason))) this.notify();
  }

  /** Stops caring. Resolves when nothing is being done for the Pod any more; its containers are left as they are. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.clear();
    this.#probes.keepOnly(new Set());
    this.#interrupt?.();
    await this.#working;
  }

  #read(): Stored<Pod> | undefined {
    const pod = this.#parts.client.get(pods, this.#key);
    return pod?.metadata.uid === this.#uid ? pod : undefined;
  }

  #view(): PodView {
    return podView(this.#parts.cache.of(this.#uid));
  }

  async #work(): Promise<void> {
    while (this.#dirty && !this.#stopped) {
      this.#dirty = false;
      try {
        const failures = this.#failures;
        await this.#sync();
        // What failed within it has counted itself, and set the time of the next attempt.
        if (this.#failures === failures) this.#failures = 0;
      } catch (error) {
        if (error instanceof Interrupted) continue;
        this.#retryLater(error);
      }
    }
    this.#working = undefined;
  }

  #retryLater(error: unknown): void {
    const { clock, log } = this.#parts;
    const delay = Math.min(firstRetryMs * 2 ** this.#failures, longestRetryMs);
    this.#failures++;
    const message = error instanceof Error ? error.message : String(error);
    log.warn(
      { pod: `${this.#key.namespace}/${this.#key.name}`, error: message, delay },
      "cannot bring a Pod about yet",
    );
    this.#alarm.set(clock.now() + delay);
  }

  async #sync(): Promise<void> {
    const pod = this.#read();
    if (!pod) return this.#removeAll();
    this.#last = pod;
    if (pod.metadata.deletionTimestamp) return this.#terminate(pod);
    if (isTerminal(pod.status?.phase) || this.#pastDeadline(pod)) return this.#end(pod);
    return this.#run(pod);
  }

  // --- A Pod that is to run ---

  async #run(pod: Stored<Pod>): Promise<void> {
    const { runtime, kills } = this.#parts;
    const view = this.#view();
    await Promise.all(
      allOf(view)
        .filter(({ state }) => state === "paused")
        .map(({ id }) => runtime.unpause(id)),
    );
    this.#watchProbes(pod, view);
    const actions = this.#actions(pod, view);
    const published = this.#publish();
    for (const { container, instance, message, probe } of actions.kill) {
      const graceSeconds = this.#graceOf(pod, container, probe);
      const order = { pod, container, instance, message, graceSeconds, podIp: this.#podIp(view) };
      void kills.kill(order).then(() => this.notify());
    }
    this.#backOff(pod, actions);
    if (actions.newSandbox || actions.start.length > 0 || !this.#volumes) {
      await this.#start(pod, view, actions);
    }
    await published;
    await this.#publish();
    // A Pod that has just ended has things to be cleared away.
    if (isTerminal(this.#read()?.status?.phase)) this.notify();
    await this.#removeOld();
  }

  #actions(pod: Stored<Pod>, view: PodView): PodActions {
    return podActions({
      spec: pod.spec as PodSpec,
      view,
      failedProbe: (id) => this.#probes.failed(id),
      started: (container, instance) => this.#started(container, instance),
      now: this.#parts.clock.now(),
    });
  }

  #started(container: Container, instance: RuntimeContainer): boolean {
    return !this.#hooks.has(container.name) && this.#probes.started(container, instance);
  }

  async #start(pod: Stored<Pod>, view: PodView, actions: PodActions): Promise<void> {
    const volumes = await this.#makeVolumes(pod);
    if (!volumes) return;
    let todo = actions.start;
    let sandbox = runningSandbox(view);
    if (actions.newSandbox) {
      sandbox = await this.#newSandbox(pod, view);
      const again = this.#actions(pod, this.#view());
      this.#backOff(pod, again);
      todo = again.start;
    }
    for (const container of todo) {
      if (sandbox) await this.#startContainer(pod, container, sandbox, volumes);
    }
  }

  async #makeVolumes(pod: Stored<Pod>): Promise<ReadonlyMap<string, MadeVolume> | undefined> {
    const { runtime, clock, events } = this.#parts;
    const context = {
      pod,
      references: referencesOf(this.#parts, pod),
      facts: this.#facts(this.#podIp(this.#view())),
      token: (request: { audience?: string; expirationSeconds: number }) => this.#token(request),
    };
    try {
      this.#volumes = await makeVolumes(this.#directory, context, runtime, clock);
    } catch (error) {
      if (!(error instanceof MountError)) throw error;
      events.record(podReference(pod), "Warning", "FailedMount", error.message);
      this.#retryLater(error);
      return undefined;
    }
    const renewAt = this.#tokens.renewAt;
    if (renewAt !== undefined) this.#renewTokens(renewAt);
    return this.#volumes;
  }

  async #token(request: { audience?: string; expirationSeconds: number }): Promise<string> {
    try {
      return await this.#tokens.get(request);
    } catch (error) {
      throw new VolumeError(`failed to fetch token: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #renewal: Disposable | undefined;

  #renewTokens(at: number): void {
    const { clock } = this.#parts;
    this.#renewal?.[Symbol.dispose]();
    this.#renewal = clock.after(at - clock.now(), () => this.notifyVolumes());
  }

  async #newSandbox(pod: Stored<Pod>, view: PodView): Promise<RuntimeContainer> {
    const { events, runtime, addresses, settings } = this.#parts;
    const newest = view.sandboxes[0];
    if (newest || view.instances.size > 0) {
      const message = "Pod sandbox changed, it will be killed and re-created.";
      events.record(podReference(pod), "Normal", "SandboxChanged", message);
      await removeSandboxes(this.#parts, view.sandboxes);
    }
    const attempt = newest ? restartCountOf(newest) + 1 : 0;
    try {
      return await runSandbox({ runtime, addresses, settings }, pod, this.#directory, attempt);
    } catch (error) {
      if (RuntimeError.is(error, "NotFound") || RuntimeError.is(error, "Other")) await runtime.prepare();
      const message = error instanceof Error ? error.message : String(error);
      events.record(podReference(pod), "Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${message}`);
      throw error;
    }
  }

  async #startContainer(
    pod: Stored<Pod>,
    container: Container,
    sandbox: RuntimeContainer,
    volumes: ReadonlyMap<string, MadeVolume>,
  ): Promise<void> {
    const { runtime, events, images } = this.#parts;
    const about = containerReference(pod, container.name);
    const wait = (reason: string, message: string) => void this.#waiting.set(container.name, { reason, message });
    try {
      const current = currentOf(this.#view(), container.name);
      let id = current?.state === "created" ? current.id : undefined;
      if (id === undefined) {
        const image = await this.#orInterrupted(images.ensure(imageRequest(this.#parts, pod, container)));
        const before = this.#lastCount(pod, container, current);
        const config = await planContainer(this.#parts, {
          pod,
          container,
          image,
          sandbox,
          volumes,
          directory: this.#directory,
          facts: this.#facts(sandbox.labels[containerLabels.podIp] ?? this.#parts.settings.nodeAddress),
          restartCount: before === undefined ? 0 : before + 1,
          backoffSeconds: current ? restartOf(current).nextBackoffSeconds : 0,
        });
        try {
          id = (await runtime.create(config)).id;
        } catch (error) {
          // The image may have been removed by somebody else since it was looked for.
          images.changed();
          throw error;
        }
        events.record(about, "Normal", "Created", `Created container: ${container.name}`);
      }
      await this.#startInstance(pod, container, id);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof ImageError) {
        wait(error.reason, message);
        if (error.retryAt !== undefined) this.#alarm.set(error.retryAt);
        return;
      }
      events.record(about, "Warning", "Failed", `Error: ${message}`);
      wait(error instanceof ConfigError ? "CreateContainerConfigError" : "CreateContainerError", message);
      // What is missing is watched for; everything else is tried again.
      if (!(error instanceof ConfigError)) this.#retryLater(error);
    }
  }

  async #startInstance(pod: Stored<Pod>, container: Container, id: string): Promise<void> {
    const { runtime, events, kills } = this.#parts;
    const about = containerReference(pod, container.name);
    let instance: RuntimeContainer;
    try {
      instance = await runtime.start(id);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `failed to start container "${container.name}": Error response from daemon: ${reason}`;
      events.record(about, "Warning", "Failed", `Error: ${message}`);
      this.#waiting.set(container.name, { reason: "RunContainerError", message });
      return;
    }
    this.#waiting.delete(container.name);
    events.record(about, "Normal", "Started", `Started container ${container.name}`);
    const hook = container.lifecycle?.postStart;
    if (!hook) return;
    const podIp = this.#podIp(this.#view());
    this.#hooks.add(container.name);
    try {
      await this.#orInterrupted(runHook(hook, { runtime, container, id, podIp }));
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      events.record(about, "Warning", "FailedPostStartHook", "PostStartHook failed");
      const message = error instanceof Error ? error.message : String(error);
      this.#waiting.set(container.name, { reason: "PostStartHookError", message });
      const graceSeconds = this.#graceOf(pod, container, undefined);
      await kills.kill({ pod, container, instance, podIp, graceSeconds, message: "FailedPostStartHook" });
    } finally {
      this.#hooks.delete(container.name);
    }
  }

  /** The restart count of the instance before, whether the engine still knows it or only the status does. */
  #lastCount(pod: Stored<Pod>, container: Container, current: RuntimeContainer | undefined): number | undefined {
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
    const status = [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container.name);
    const known = status?.containerID ? status.restartCount : undefined;
    if (!current) return known;
    return Math.max(restartCountOf(current), known ?? 0);
  }

  /** Containers between two runs show why they wait. */
  #backOff(pod: Stored<Pod>, actions: PodActions): void {
    const { events } = this.#parts;
    const { name, namespace, uid } = pod.metadata;
    for (const { container, instance, restart } of actions.backingOff) {
      const where = `${name}_${namespace}(${uid})`;
      this.#waiting.set(container.name, {
        reason: "CrashLoopBackOff",
        message: `back-off ${printSeconds(restart.waitSeconds)} restarting failed container=${container.name} pod=${where}`,
      });
      this.#alarm.set(restart.at);
      if (this.#told.has(instance.id)) continue;
      this.#told.add(instance.id);
      const message = `Back-off restarting failed container ${container.name} in pod ${where}`;
      events.record(containerReference(pod, container.name), "Warning", "BackOff", message);
    }
  }

  #watchProbes(pod: Stored<Pod>, view: PodView): void {
    const podIp = this.#podIp(view);
    const running = new Set<string>();
    for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
      const current = currentOf(view, container.name);
      if (!current || !isRunning(current)) continue;
      running.add(current.id);
      this.#probes.watch(pod, container, current, podIp);
    }
    this.#probes.keepOnly(running);
  }

  #graceOf(pod: Stored<Pod>, container: Container, probe: "liveness" | "startup" | undefined): number {
    const own = probe === "liveness" ? container.livenessProbe : probe ? container.startupProbe : undefined;
    return own?.terminationGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
  }

  #podIp(view: PodView): string {
    return runningSandbox(view)?.labels[containerLabels.podIp] ?? this.#parts.settings.nodeAddress;
  }

  #facts(podIp: string): PodFacts {
    const { settings, node } = this.#parts;
    return { podIp, hostIp: settings.nodeAddress, nodeName: settings.nodeName, allocatable: node.allocatable };
  }

  // --- A Pod that ends ---

  /** Whether `activeDeadlineSeconds` have passed since the Pod began. */
  #pastDeadline(pod: Stored<Pod>): boolean {
    const { clock, events } = this.#parts;
    const seconds = pod.spec?.activeDeadlineSeconds;
    const begun = pod.status?.startTime;
    if (seconds === undefined || begun === undefined) return false;
    const deadline = Date.parse(begun) + seconds * 1000;
    if (clock.now() < deadline) {
      this.#alarm.set(deadline);
      return false;
    }
    const message = "Pod was active on the node longer than the specified deadline";
    if (!this.#verdict) events.record(podReference(pod), "Normal", "DeadlineExceeded", message);
    this.#verdict = { reason: "DeadlineExceeded", message };
    return true;
  }

  /** Nothing of the Pod is to run any more; what its containers left behind stays for `logs`. */
  async #end(pod: Stored<Pod>): Promise<void> {
    await this.#publish();
    const view = this.#view();
    const ending = endingNow(pod, view);
    this.#killAll(pod, view, ending, pod.spec?.terminationGracePeriodSeconds ?? 30);
    if (ending.length > 0) return;
    this.#waiting.clear();
    this.#probes.keepOnly(new Set());
    await removeSandboxes(this.#parts, view.sandboxes);
    await this.#publish();
  }

  async #terminate(pod: Stored<Pod>): Promise<void> {
    const { clock, client } = this.#parts;
    const view = this.#view();
    const ending = endingNow(pod, view);
    if (ending.length > 0) {
      this.#probes.endRestarts();
      const grace = pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
      this.#endingSince ??= clock.now();
      const limit = this.#endingSince + trafficLimitMs;
      await this.#publish();
      if (grace > 0 && clock.now() < limit && receivesTraffic(this.#parts, pod)) return this.#alarm.set(limit);
      this.#killAll(pod, view, ending, grace);
      return;
    }
    this.#waiting.clear();
    this.#probes.keepOnly(new Set());
    await this.#publish();
    await removePod(this.#parts, pod, this.#view(), this.#directory);
    // Held by finalizers it is only waiting for others.
    if (pod.metadata.deletionGracePeriodSeconds === 0 && pod.metadata.finalizers?.length) return;
    try {
      await client.delete(pods, this.#key, { gracePeriodSeconds: 0, preconditions: { uid: this.#uid } });
    } catch (error) {
      if (!StatusError.is(error, "NotFound") && !StatusError.is(error, "Conflict")) throw error;
    }
  }

  #killAll(pod: Stored<Pod>, view: PodView, ending: ReturnType<typeof endingNow>, graceSeconds: number): void {
    const { kills } = this.#parts;
    const podIp = this.#podIp(view);
    for (const { container, instance } of ending) {
      const message = `Stopping container ${container.name}`;
      void kills.kill({ pod, container, instance, podIp, graceSeconds, message }).then(() => this.notify());
    }
  }

  /** The object is gone: so is everything else, at once. */
  async #removeAll(): Promise<void> {
    this.#probes.keepOnly(new Set());
    this.#renewal?.[Symbol.dispose]();
    await removePod(this.#parts, this.#last, this.#view(), this.#directory);
    this.#parts.images.forget(this.#uid);
    this.#alarm.clear();
    this.#stopped = true;
    this.#onGone();
  }

  /** Of each container the present instance and the one before are kept. */
  async #removeOld(): Promise<void> {
    const { runtime } = this.#parts;
    const view = this.#view();
    const old = [...view.instances.values()].flatMap((instances) => instances.slice(2));
    for (const { id } of old) this.#told.delete(id);
    await Promise.all(old.map(({ id }) => runtime.remove(id)));
  }

  // --- Status ---

  /** Learns what the status tells besides the engine's states. */
  async #learn(pod: Stored<Pod>, view: PodView): Promise<void> {
    const { images } = this.#parts;
    const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    const instances = containers.flatMap((container) =>
      (view.instances.get(container.name) ?? []).slice(0, 2).map((instance) => ({ container, instance })),
    );
    await Promise.all([
      images.learn(instances.map(({ instance }) => instance.imageId)),
      ...instances.map(({ container, instance }) => this.#messages.learn(container, instance)),
    ]);
  }

  #statusOf(pod: Stored<Pod>, view: PodView): PodStatus {
    const { images, settings, clock } = this.#parts;
    return podStatus({
      pod,
      view,
      waiting: this.#waiting,
      hooks: this.#hooks,
      ready: (container, instance) => this.#probes.ready(container, instance),
      started: (container, instance) => this.#started(container, instance),
      imageId: (image) => images.name(image),
      terminationMessage: (id) => this.#messages.of(id),
      ...(this.#verdict && { verdict: this.#verdict }),
      hostIp: settings.nodeAddress,
      now: clock.now(),
    });
  }

  /** Writes the status that follows from what there is now. */
  async #publish(): Promise<void> {
    const pod = this.#read();
    if (!pod) return;
    // One view for both: a container that ends meanwhile is told of, with its last words, the next time.
    const view = this.#view();
    await this.#learn(pod, view);
    const change = (draft: Stored<Pod>): boolean => {
      if (draft.metadata.uid !== this.#uid) return false;
      const status = { ...draft.status, ...this.#statusOf(draft, view) };
      if (equal(draft.status, status)) return false;
      draft.status = status;
      return true;
    };
    await modify(this.#parts.client, pods, this.#key, change, { subresource: "status" });
  }

  /** Waits for something, unless the Pod is to go first. */
  async #orInterrupted<T>(work: Promise<T>): Promise<T> {
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
