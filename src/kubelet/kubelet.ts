/** The kubelet: runs the Pods assigned to its node, tells of their state and of the node's, and lets clients into containers. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { containerLabels, type RuntimeContainer, type RuntimeEvent } from "../machinery/container-runtime.ts";
import { equal } from "../machinery/equal.ts";
import { keyOf, parseKey, type Stored } from "../machinery/object.ts";
import type { ExecOptions, ExecSession, LogOptions, PodStreams, StreamOptions } from "../machinery/pod-streams.ts";
import { configMaps, pods, secrets } from "../machinery/resource.ts";
import type { Pod } from "../machinery/types.ts";
import { Addresses } from "./addresses.ts";
import { ContainerCache } from "./container-cache.ts";
import { Images } from "./images.ts";
import { Kills } from "./kills.ts";
import { NodeStatus } from "./node-status.ts";
import type { KubeletOptions, KubeletParts } from "./parts.ts";
import { isRunning } from "./pod-view.ts";
import { PodWorker } from "./pod-worker.ts";
import { Streams } from "./streams.ts";
import { referencedObjects, showsMetadata } from "./volumes/projection.ts";

type PodName = { namespace: string; name: string };

export class Kubelet implements PodStreams {
  readonly #options: KubeletOptions;
  readonly #cache = new ContainerCache();
  readonly #addresses: Addresses;
  readonly #images: Images;
  readonly #kills: Kills;
  readonly #node: NodeStatus;
  readonly #streams: Streams;
  /** By Pod UID. */
  readonly #workers = new Map<string, PodWorker>();
  readonly #stop = new AbortController();
  readonly #watches: Disposable[] = [];
  #parts: KubeletParts | undefined;
  #connected = false;

  constructor(options: KubeletOptions) {
    const { runtime, events, clock, settings } = options;
    this.#options = options;
    this.#addresses = new Addresses(settings.podCidr);
    this.#images = new Images(runtime, events, clock, this.#stop.signal);
    this.#kills = new Kills({ ...options, cache: this.#cache });
    this.#node = new NodeStatus(options);
    this.#streams = new Streams({ ...options, cache: this.#cache });
  }

  /**
   * Resolves when the node is registered and every Pod's containers are known: those that run are adopted as they are.
   * @throws RuntimeError when the engine does not answer or refuses the Pod network.
   */
  async start(): Promise<void> {
    const { runtime, client, traffic, settings } = this.#options;
    const info = await runtime.info();
    await runtime.prepare();
    this.#parts = {
      ...this.#options,
      cache: this.#cache,
      images: this.#images,
      kills: this.#kills,
      addresses: this.#addresses,
      node: await this.#node.resources(info),
    };
    await this.#firstSync();
    await this.#node.register(info);
    this.#watches.push(
      client.watch(pods, ({ type, object, previous }) => {
        if (object.spec?.nodeName !== settings.nodeName) return;
        if (type === "DELETED") this.#workers.get(object.metadata.uid)?.notify();
        else this.#podChanged(object, previous);
      }),
      client.watch(configMaps, ({ object }) => this.#referenceChanged("configmap", object)),
      client.watch(secrets, ({ object }) => this.#referenceChanged("secret", object)),
      traffic.onChange((uids) => {
        for (const uid of uids) this.#workers.get(uid)?.notify();
      }),
    );
    await this.#adopt();
  }

  /** Stops everything; with `stopPods` their containers too (their objects stay, and the next start runs them again). */
  async stop({ stopPods }: { stopPods: boolean }): Promise<void> {
    for (const watch of this.#watches.splice(0, this.#watches.length)) {
      if (watch !== this.#runtimeWatch) watch[Symbol.dispose]();
    }
    this.#node.stop();
    this.#stop.abort();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    if (stopPods) await this.#stopPods();
    this.#runtimeWatch?.[Symbol.dispose]();
  }

  logs(pod: PodName, options: LogOptions, signal: AbortSignal): Promise<Readable> {
    return this.#streams.logs(pod, options, signal);
  }

  exec(pod: PodName, options: ExecOptions, signal: AbortSignal): Promise<ExecSession> {
    return this.#streams.exec(pod, options, signal);
  }

  attach(pod: PodName, options: StreamOptions, signal: AbortSignal): Promise<ExecSession> {
    return this.#streams.attach(pod, options, signal);
  }

  portForward(pod: PodName, port: number, signal: AbortSignal): Promise<Duplex> {
    return this.#streams.portForward(pod, port, signal);
  }

  #runtimeWatch: Disposable | undefined;

  /** Begins to follow the engine; resolves when it has told what there is. */
  #firstSync(): Promise<void> {
    return new Promise((resolve) => {
      this.#runtimeWatch = this.#options.runtime.watch((event) => {
        this.#runtimeChanged(event);
        if (event.type === "synced") resolve();
      });
    });
  }

  #runtimeChanged(event: RuntimeEvent): void {
    if (event.type === "synced") this.#holdAddresses(event);
    const changed = this.#cache.apply(event);
    if (event.type === "synced" || event.type === "imagesChanged") this.#images.changed();
    if (event.type === "imagesChanged") for (const worker of this.#workers.values()) worker.notifyImages();
    if (event.type === "disconnected") {
      this.#connected = false;
      this.#node.setReady(false);
      return;
    }
    if (event.type === "synced" && !this.#connected) {
      this.#connected = true;
      this.#node.setReady(true);
      // Whatever was tried meanwhile has failed: everybody looks again.
      for (const worker of this.#workers.values()) worker.notify();
      return;
    }
    for (const uid of changed) this.#workers.get(uid)?.notify();
  }

  #holdAddresses({ containers }: Extract<RuntimeEvent, { type: "synced" }>): void {
    for (const { labels } of containers) {
      const address = labels[containerLabels.podIp];
      if (address !== undefined) this.#addresses.hold(address);
    }
  }

  #podChanged(pod: Stored<Pod>, previous: Stored<Pod> | undefined): void {
    const worker = this.#workers.get(pod.metadata.uid) ?? this.#newWorker(keyOf(pod), pod.metadata.uid);
    const { labels, annotations } = pod.metadata;
    const before = previous?.metadata;
    const retold = before && !(equal(before.labels, labels) && equal(before.annotations, annotations));
    if (retold && showsMetadata(pod)) worker.notifyVolumes();
    else if (!previous || concernsKubelet(pod, previous)) worker.notify();
  }

  #newWorker(key: string, uid: string): PodWorker {
    if (!this.#parts) throw new Error("the kubelet has not been started");
    const worker = new PodWorker(this.#parts, parseKey(key), uid, () => this.#workers.delete(uid));
    this.#workers.set(uid, worker);
    return worker;
  }

  #referenceChanged(
    kind: "configmap" | "secret",
    { metadata }: { metadata: { namespace?: string; name: string } },
  ): void {
    const { client, settings } = this.#options;
    const { namespace, name } = metadata;
    if (!this.#parts || this.#workers.size === 0 || namespace === undefined) return;
    for (const pod of client.list(pods, { namespace })) {
      if (pod.spec?.nodeName !== settings.nodeName) continue;
      if (referencedObjects(pod).has(`${kind}/${name}`)) this.#workers.get(pod.metadata.uid)?.notifyVolumes();
    }
  }

  /** Containers and files whose Pod is gone get a worker too, which finds no Pod and removes them. */
  async #adopt(): Promise<void> {
    for (const uid of this.#cache.podUids()) {
      if (this.#workers.has(uid)) continue;
      const [container] = this.#cache.of(uid);
      const namespace = container?.labels[containerLabels.podNamespace] ?? "";
      const name = container?.labels[containerLabels.podName] ?? "";
      this.#newWorker(`${namespace}/${name}`, uid).notify();
    }
    const directories = await readdir(join(this.#options.settings.dataDir, "pods")).catch(() => []);
    for (const uid of directories) {
      if (!this.#workers.has(uid)) this.#newWorker("", uid).notify();
    }
  }

  async #stopPods(): Promise<void> {
    const { client } = this.#options;
    const known = new Map(client.list(pods).map((pod) => [pod.metadata.uid, pod]));
    await Promise.all(this.#cache.podUids().map((uid) => this.#stopPod(uid, known.get(uid))));
  }

  /** The sandbox last: whoever stops may still have something to send. */
  async #stopPod(uid: string, pod: Stored<Pod> | undefined): Promise<void> {
    const running = [...this.#cache.of(uid)].filter(isRunning);
    const nameOf = ({ labels }: RuntimeContainer) => labels[containerLabels.container];
    const orders = running.flatMap((instance) => {
      const name = nameOf(instance);
      if (!pod || name === undefined) return [];
      const container = pod.spec?.containers.find((candidate) => candidate.name === name);
      const graceSeconds = pod.spec?.terminationGracePeriodSeconds ?? 30;
      const message = `Stopping container ${name}`;
      return [{ pod, container, instance, podIp: pod.status?.podIP ?? "", graceSeconds, message }];
    });
    await Promise.all(orders.map((order) => this.#kills.kill(order)));
    const sandboxes = running.filter((instance) => nameOf(instance) === undefined);
    await Promise.all(sandboxes.map(({ id }) => this.#options.runtime.signal(id, "SIGKILL")));
  }
}

/** Whether a change is more than the kubelet's own writing of the status. */
function concernsKubelet(pod: Stored<Pod>, previous: Stored<Pod>): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = pod.metadata;
  const before = previous.metadata;
  return (
    before.deletionTimestamp !== deletionTimestamp ||
    before.deletionGracePeriodSeconds !== deletionGracePeriodSeconds ||
    !equal(before.finalizers, finalizers) ||
    !equal(previous.spec, pod.spec) ||
    // Others answer readiness gates by writing conditions.
    pod.spec?.readinessGates !== undefined
  );
}
