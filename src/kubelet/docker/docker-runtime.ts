/** The container runtime port on a Docker Engine, 20.10 (API 1.41) or newer. */
import type { Duplex, Readable } from "node:stream";
import type { ContainerCreateOptions } from "dockerode";
import type { Clock } from "../../machinery/clock.ts";
import {
  type ContainerConfig,
  type ContainerRuntime,
  type RegistryAuth,
  type RuntimeContainer,
  RuntimeError,
  type RuntimeEvent,
  type RuntimeImage,
  type RuntimeInfo,
  type SandboxConfig,
} from "../../machinery/container-runtime.ts";
import type { Logger } from "../../machinery/log.ts";
import { networkName, podIpv6 } from "../../machinery/network-names.ts";
import type { ExecSession, LogOptions, StreamOptions } from "../../machinery/pod-streams.ts";
import { instanceLabel } from "../../machinery/settings.ts";
import { connectDocker, type DockerClient, docked } from "./client.ts";
import { ContainerObserver } from "./container-observer.ts";
import { containerOptions, plugLabel, sandboxOptions } from "./containers.ts";
import { followEvents } from "./events.ts";
import { inspectImage, pullImage } from "./images.ts";
import { Limiter } from "./limiter.ts";
import { logs } from "./logs.ts";
import { ensureNetwork, type NetworkSettings } from "./network.ts";
import { isPlugged, mayPlug, plugUnlessPlugged } from "./pod-links.ts";
import { removeEverything } from "./remove-everything.ts";
import { ensureSandboxImage, sandboxImageName } from "./sandbox-image.ts";
import { attach, connectThroughRelay, exec } from "./sessions.ts";
import { createMemoryVolume, type MemoryVolumeOptions, removeVolume } from "./volumes.ts";

/**
 * Heavy calls at once, each way. Starting a container keeps the engine's host busy rather than waiting: on two cores
 * more than four at a time end no sooner, and make every one of them slower. Containers of Pods that have their sandbox
 * go first: Pods are ready one by one rather than all at the end, and sandboxes, which wait for each other at the
 * kernel's network locks, run beside containers, which do not.
 */
const concurrency = 4;

const goArchitecture: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

export interface DockerRuntimeOptions {
  settings: NetworkSettings;
  clock: Clock;
  log: Logger;
  /** The engine that `DOCKER_HOST` names if absent. */
  docker?: DockerClient;
  /** Called when the Pods' network was removed by somebody and has been made again. */
  onNetworkRestored?: () => void;
}

export class DockerRuntime implements ContainerRuntime {
  readonly #docker: DockerClient;
  readonly #settings: DockerRuntimeOptions["settings"];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onNetworkRestored: () => void;
  /** Whether Skiff itself puts Pods on the bridge, which takes half the time; else Docker does. */
  #plugs = false;
  /** By sandbox. */
  readonly #plugging = new Map<string, Promise<void>>();
  readonly #creating = new Limiter(concurrency);
  readonly #removing = new Limiter(concurrency);
  readonly #observer: ContainerObserver;
  /** Containers whose next `start` event is no news: the call that starts them looks at them itself. */
  readonly #starting = new Set<string>();

  constructor(options: DockerRuntimeOptions) {
    this.#docker = options.docker ?? connectDocker();
    this.#settings = options.settings;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#observer = new ContainerObserver(this.#docker, options.log);
    this.#onNetworkRestored = options.onNetworkRestored ?? (() => {});
  }

  async info(): Promise<RuntimeInfo> {
    const info = await docked(this.#docker.info());
    return {
      name: "docker",
      version: info.ServerVersion,
      cpus: info.NCPU,
      memoryBytes: info.MemTotal,
      architecture: goArchitecture[info.Architecture] ?? info.Architecture,
      kernelVersion: info.KernelVersion,
      operatingSystem: info.OperatingSystem,
    };
  }

  async prepare(): Promise<void> {
    const [{ architecture }, plugs] = await Promise.all([this.info(), mayPlug()]);
    this.#plugs = plugs;
    await Promise.all([
      ensureNetwork(this.#docker, this.#settings),
      ensureSandboxImage(this.#docker, this.#settings.name, architecture),
    ]);
  }

  watch(listener: (event: RuntimeEvent) => void): Disposable {
    const listening = this.#observer.listen(listener);
    const stream = followEvents(this.#docker, this.#settings.name, this.#clock, {
      connected: async () => listener({ type: "synced", containers: await this.#list() }),
      container: (id, action) => {
        if (action === "destroy") {
          this.#starting.delete(id);
          this.#observer.tell({ type: "removed", id });
        } else if (action !== "start") void this.#observer.look(id);
        else if (!this.#starting.delete(id)) void this.#lookAtStartedByOthers(id);
      },
      images: () => this.#observer.tell({ type: "imagesChanged" }),
      networkRemoved: (name) => {
        if (name === networkName(this.#settings)) void this.#restoreNetwork();
      },
      disconnected: (error) => {
        this.#log.warn({ error: error.message }, "lost the Docker Engine");
        listener({ type: "disconnected", error });
      },
    });
    return {
      [Symbol.dispose]: () => {
        listening[Symbol.dispose]();
        stream[Symbol.dispose]();
      },
    };
  }

  async runSandbox(config: SandboxConfig): Promise<RuntimeContainer> {
    const { name } = this.#settings;
    // Ports on the host are for Docker to publish.
    const byDocker = !this.#plugs || (config.network?.ports.length ?? 0) > 0;
    const ipv6 = config.network && podIpv6(this.#settings, config.network.address);
    const place = {
      instance: name,
      image: sandboxImageName(name),
      ...(ipv6 !== undefined && { ipv6 }),
      ...(byDocker && { network: networkName({ name }) }),
    };
    const options = sandboxOptions(config, place);
    const address = options.Labels?.[plugLabel];
    if (address !== undefined && (await isPlugged(address))) {
      throw new RuntimeError("AddressInUse", `a Pod with the address ${address} is there already`);
    }
    return this.#creating.run(async () => {
      const id = await this.#create(options);
      try {
        const sandbox = await this.#start(id);
        await this.#plug(sandbox);
        return sandbox;
      } catch (error) {
        await this.remove(id);
        throw error;
      }
    });
  }

  async create(config: ContainerConfig): Promise<RuntimeContainer> {
    const options = containerOptions(config, this.#settings.name);
    const id = await this.#creating.runFirst(() => this.#create(options));
    const container: RuntimeContainer = {
      id,
      labels: options.Labels ?? {},
      state: "created",
      image: config.image,
      imageId: "",
      createdAt: this.#clock.now(),
      oomKilled: false,
      error: "",
      stopSignal: "SIGTERM",
    };
    this.#observer.tell({ type: "changed", container });
    return container;
  }

  async start(id: string): Promise<RuntimeContainer> {
    return this.#creating.runFirst(() => this.#start(id));
  }

  async signal(id: string, signal: string): Promise<void> {
    try {
      await docked(this.#docker.getContainer(id).kill({ signal }));
    } catch (error) {
      if (!RuntimeError.is(error, "NotFound") && !RuntimeError.is(error, "Conflict")) throw error;
      // It has ended or gone, and the event of that may not have come yet.
      await this.#observer.look(id);
    }
  }

  async unpause(id: string): Promise<void> {
    await docked(this.#docker.getContainer(id).unpause() as Promise<void>);
  }

  async remove(id: string): Promise<void> {
    await this.#removing.run(async () => {
      try {
        await docked(this.#docker.getContainer(id).remove({ force: true, v: true }));
      } catch (error) {
        // Conflict: somebody else's removal is under way, which ends in the same state.
        if (!RuntimeError.is(error, "NotFound") && !RuntimeError.is(error, "Conflict")) throw error;
      }
    });
    this.#observer.tell({ type: "removed", id });
  }

  image(reference: string): Promise<RuntimeImage | undefined> {
    return inspectImage(this.#docker, reference);
  }

  pull(reference: string, auths: readonly RegistryAuth[], signal: AbortSignal): Promise<void> {
    return pullImage(this.#docker, reference, auths, signal);
  }

  logs(id: string, options: Omit<LogOptions, "container" | "previous">, signal: AbortSignal): Promise<Readable> {
    return logs(this.#docker, id, options, this.#clock.now(), signal);
  }

  exec(
    id: string,
    command: readonly string[],
    options: Omit<StreamOptions, "container">,
    signal: AbortSignal,
  ): Promise<ExecSession> {
    return exec(this.#docker, id, command, options, signal);
  }

  attach(id: string, options: Omit<StreamOptions, "container">, signal: AbortSignal): Promise<ExecSession> {
    return attach(this.#docker, id, options, signal);
  }

  connect(sandboxId: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return connectThroughRelay(this.#docker, sandboxId, port, signal);
  }

  createMemoryVolume(name: string, options: MemoryVolumeOptions): Promise<void> {
    return createMemoryVolume(this.#docker, this.#settings.name, name, options);
  }

  removeVolume(name: string): Promise<void> {
    return removeVolume(this.#docker, name);
  }

  removeEverything(): Promise<string[]> {
    return removeEverything(this.#docker, this.#settings.name);
  }

  async #create(options: ContainerCreateOptions): Promise<string> {
    return (await docked(this.#docker.createContainer(options))).id;
  }

  async #start(id: string): Promise<RuntimeContainer> {
    this.#starting.add(id);
    try {
      await docked(this.#docker.getContainer(id).start() as Promise<void>);
    } catch (error) {
      this.#starting.delete(id);
      await this.#observer.look(id);
      throw error;
    }
    const container = await this.#observer.look(id);
    if (!container) throw new RuntimeError("NotFound", `No such container: ${id}`);
    return container;
  }

  async #list(): Promise<RuntimeContainer[]> {
    const filters = { label: [`${instanceLabel}=${this.#settings.name}`] };
    const present = await docked(this.#docker.listContainers({ all: true, filters }));
    const found = await Promise.all(present.map(({ Id }) => this.#observer.inspect(Id)));
    const containers = found.filter((container) => container !== undefined);
    await Promise.all(
      containers.map((container) =>
        this.#plug(container).catch((error: unknown) => {
          this.#log.error({ id: container.id, err: error }, "a Pod has no network");
        }),
      ),
    );
    return containers;
  }

  /** Puts a sandbox on the bridge if it belongs there and is not: it is new, whoever started it died, or the bridge was removed. */
  async #plug({ id, labels, pid }: RuntimeContainer): Promise<void> {
    const address = labels[plugLabel];
    if (address === undefined || pid === undefined) return;
    const plugging = this.#plugging.get(id) ?? plugUnlessPlugged(this.#settings, address, pid);
    this.#plugging.set(id, plugging);
    try {
      await plugging;
    } finally {
      this.#plugging.delete(id);
    }
  }

  /** `docker system prune` removes what seems to be in nobody's use, as does a careless `docker network rm`. Never rejects. */
  async #restoreNetwork(): Promise<void> {
    this.#log.warn({ network: networkName(this.#settings) }, "the Pods' network was removed; making it again");
    try {
      await ensureNetwork(this.#docker, this.#settings);
      await this.#list();
      this.#onNetworkRestored();
    } catch (error) {
      this.#log.error({ err: error }, "cannot make the Pods' network again");
    }
  }

  /**
   * A sandbox that somebody started again (`docker restart`) has a new network namespace, without a link and without the
   * containers that run in the old one: it goes, and its Pod gets another. Never rejects.
   */
  async #lookAtStartedByOthers(id: string): Promise<void> {
    const container = await this.#observer.look(id);
    if (container?.image !== sandboxImageName(this.#settings.name)) return;
    this.#log.warn({ id }, "a Pod's sandbox was started by somebody else; replacing it");
    try {
      await this.remove(id);
    } catch (error) {
      this.#log.error({ id, err: error }, "cannot remove a sandbox that somebody started");
    }
  }
}
