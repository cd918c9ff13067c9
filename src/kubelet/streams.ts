/** Logs, exec, attach and port-forward of Pods, on the container runtime. */
import { connect, type Socket } from "node:net";
import type { Duplex, Readable } from "node:stream";
import { containerLabels, type RuntimeContainer, RuntimeError } from "../machinery/container-runtime.ts";
import type { Stored } from "../machinery/object.ts";
import type { ExecOptions, ExecSession, LogOptions, PodStreams, StreamOptions } from "../machinery/pod-streams.ts";
import { pods } from "../machinery/resource.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { Pod } from "../machinery/types.ts";
import type { ContainerCache } from "./container-cache.ts";
import type { KubeletOptions } from "./parts.ts";
import { isRunning, type PodView, podView, runningSandbox } from "./pod-view.ts";

type PodName = { namespace: string; name: string };

export interface StreamsOptions extends Pick<KubeletOptions, "client" | "runtime"> {
  cache: ContainerCache;
}

/** A Pod's own address answers at once or not at all; a firewall that swallows the attempt must not hold it up. */
const directMs = 500;

export class Streams implements PodStreams {
  readonly #options: StreamsOptions;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  async logs(name: PodName, options: LogOptions, signal: AbortSignal): Promise<Readable> {
    const pod = this.#pod(name);
    this.#checkContainer(pod, options.container);
    const [current, previous] = this.#view(pod).instances.get(options.container) ?? [];
    if (options.previous) {
      // Between two runs the one that ended last is the previous one.
      const wanted = current?.state === "exited" && waits(pod, options.container) ? current : previous;
      if (wanted) return this.#log(wanted, options, signal);
      throw StatusError.badRequest(
        `previous terminated container "${options.container}" in pod "${name.name}" not found`,
      );
    }
    if (current && current.state !== "created") return this.#log(current, options, signal);
    if (previous) return this.#log(previous, options, signal);
    throw StatusError.badRequest(
      `container "${options.container}" in pod "${name.name}" is waiting to start: ${waitingReason(pod, options.container)}`,
    );
  }

  async exec(name: PodName, options: ExecOptions, signal: AbortSignal): Promise<ExecSession> {
    const instance = this.#running(name, options.container, "exec into");
    return engine(this.#options.runtime.exec(instance.id, options.command, options, signal));
  }

  async attach(name: PodName, options: StreamOptions, signal: AbortSignal): Promise<ExecSession> {
    const instance = this.#running(name, options.container, "attach");
    return engine(this.#options.runtime.attach(instance.id, options, signal));
  }

  async portForward(name: PodName, port: number, signal: AbortSignal): Promise<Duplex> {
    const pod = this.#pod(name);
    const sandbox = runningSandbox(this.#view(pod));
    if (!sandbox) {
      throw StatusError.badRequest(
        `unable to forward port because pod is not running. Current status=${pod.status?.phase}`,
      );
    }
    const address = pod.spec?.hostNetwork ? "127.0.0.1" : sandbox.labels[containerLabels.podIp];
    const direct = address === undefined ? undefined : await dial(address, port, signal);
    if (direct) return direct;
    try {
      // What listens on the loopback interface alone is reached from within.
      return await this.#options.runtime.connect(sandbox.id, port, signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw StatusError.internal(`failed to connect to localhost:${port} inside pod ${name.name}: ${reason}`);
    }
  }

  #log(instance: RuntimeContainer, options: LogOptions, signal: AbortSignal): Promise<Readable> {
    return engine(this.#options.runtime.logs(instance.id, options, signal));
  }

  #pod({ namespace, name }: PodName): Stored<Pod> {
    const pod = this.#options.client.get(pods, { namespace, name });
    if (!pod) throw StatusError.notFound(pods, name);
    if (!pod.spec?.nodeName) throw StatusError.badRequest(`pod ${name} does not have a host assigned`);
    return pod;
  }

  #checkContainer(pod: Stored<Pod>, container: string): void {
    const names = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name }) => name);
    if (!names.includes(container)) {
      throw StatusError.badRequest(`container ${container} is not valid for pod ${pod.metadata.name}`);
    }
  }

  #view(pod: Stored<Pod>): PodView {
    return podView(this.#options.cache.of(pod.metadata.uid));
  }

  #running(name: PodName, container: string, verb: "exec into" | "attach"): RuntimeContainer {
    const pod = this.#pod(name);
    this.#checkContainer(pod, container);
    const phase = pod.status?.phase;
    if (phase === "Succeeded" || phase === "Failed") {
      throw StatusError.badRequest(`cannot ${verb} a container in a completed pod; current phase is ${phase}`);
    }
    const current = this.#view(pod).instances.get(container)?.[0];
    if (!current || !isRunning(current)) {
      throw StatusError.internal(`unable to upgrade connection: container not found ("${container}")`);
    }
    return current;
  }
}

function statusOf(pod: Pod, container: string) {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container);
}

function waits(pod: Pod, container: string): boolean {
  return statusOf(pod, container)?.state?.waiting !== undefined;
}

function waitingReason(pod: Pod, container: string): string {
  const waiting = statusOf(pod, container)?.state?.waiting;
  // The kubelet puts it so where the image is at fault.
  if (waiting?.reason === "ErrImagePull") return "image can't be pulled";
  if (waiting?.reason === "ImagePullBackOff") return "trying and failing to pull image";
  return waiting?.reason ?? "ContainerCreating";
}

/** @throws StatusError in place of what the engine said. */
async function engine<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RuntimeError && error.kind === "Unavailable") {
      throw StatusError.serviceUnavailable(`the container engine does not answer: ${error.message}`);
    }
    throw StatusError.from(error);
  }
}

/** A connection, or undefined when nobody answers there. */
function dial(address: string, port: number, signal: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, signal });
    const fail = () => {
      socket.destroy();
      resolve(undefined);
    };
    const timer = setTimeout(fail, directMs);
    socket.once("error", () => {
      clearTimeout(timer);
      fail();
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      // Ending it by the signal is an error to Node, and to nobody else.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}
