/**
 * Port to the container engine. The kubelet says what is to run; the engine says what does run. There is no third
 * place that remembers it: everything the kubelet needs to know about a container again is in its labels.
 */
import type { Duplex, Readable } from "node:stream";
import type { ExecSession, LogOptions, StreamOptions } from "./pod-streams.ts";

/** Labels of containers, besides `skiff.dev/instance` (settings.ts). */
export const containerLabels = {
  podUid: "skiff.dev/pod-uid",
  podName: "skiff.dev/pod-name",
  podNamespace: "skiff.dev/pod-namespace",
  /** Name of the container in the Pod's spec; absent on the sandbox. */
  container: "skiff.dev/container",
  /** Decimal; on the sandbox, how many sandboxes the Pod had before. */
  restartCount: "skiff.dev/restart-count",
  /** Digest of the parts of the spec whose change replaces the container. */
  specHash: "skiff.dev/spec-hash",
  /** Engine id of the sandbox that the container joined. */
  sandbox: "skiff.dev/sandbox",
  /** Seconds to wait, from this instance's end, before the next one starts. */
  backoffSeconds: "skiff.dev/backoff-seconds",
  /** On the sandbox: the Pod's address. Absent with host networking. */
  podIp: "skiff.dev/pod-ip",
  /** On the sandbox: names of the Pod's volumes in memory, with commas between. */
  memoryVolumes: "skiff.dev/memory-volumes",
} as const;

/** A container as the engine describes it at one moment. Times are milliseconds since the epoch. */
export interface RuntimeContainer {
  id: string;
  labels: Readonly<Record<string, string>>;
  /** `created` was never started; `exited` covers what failed to start (then with `error`). */
  state: "created" | "running" | "paused" | "exited";
  /** As it was asked for: `nginx:1.25`. */
  image: string;
  /** `sha256:…`; empty until the engine has been asked, right after {@link ContainerRuntime.create}. */
  imageId: string;
  createdAt: number;
  /** Undefined until started. */
  startedAt?: number;
  /** Undefined until exited. */
  finishedAt?: number;
  exitCode?: number;
  oomKilled: boolean;
  /** Why the engine could not start it; empty otherwise. */
  error: string;
  /** What asks it to end: the image's choice, or SIGTERM. */
  stopSignal: string;
  /** Its first process, as the host counts; undefined unless it runs. */
  pid?: number;
}

export interface RuntimeInfo {
  /** `docker` */
  name: string;
  /** `20.10.24+dfsg1` */
  version: string;
  cpus: number;
  memoryBytes: number;
  /** `amd64`, `arm64`: Go's names, as Kubernetes uses them. */
  architecture: string;
  kernelVersion: string;
  /** `Debian GNU/Linux 12 (bookworm)` */
  operatingSystem: string;
}

export interface RuntimeImage {
  /** `sha256:…` */
  id: string;
  /** `nginx@sha256:…`; empty for images that no registry has seen. */
  repoDigests: readonly string[];
  /** As in the Dockerfile: ``, `1000`, `1000:1000`, `nginx`. */
  user: string;
  sizeBytes: number;
}

export interface RegistryAuth {
  serverAddress: string;
  username: string;
  password: string;
}

export interface Mount {
  /** Path on the host, or the name of a volume made with {@link ContainerRuntime.createMemoryVolume}. */
  source: string;
  type: "path" | "volume";
  target: string;
  readOnly: boolean;
  propagation?: "rprivate" | "rslave" | "rshared";
}

export interface PublishedPort {
  containerPort: number;
  protocol: "tcp" | "udp" | "sctp";
  hostPort: number;
  /** Empty for every address. */
  hostIp: string;
}

/** The container that holds a Pod's network namespace while its other containers come and go. */
export interface SandboxConfig {
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Undefined with host networking. */
  network?: { address: string; ports: readonly PublishedPort[] };
  /** Undefined with host networking: the host's name shows. */
  hostname?: string;
  mounts: readonly Mount[];
  /** Containers of the Pod see each other's processes. */
  hostPid: boolean;
  hostIpc: boolean;
  sysctls: Readonly<Record<string, string>>;
}

export interface ContainerConfig {
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Reference of a local image. */
  image: string;
  /** Id of the sandbox joined. */
  sandbox: string;
  /** Undefined: the image's. */
  entrypoint?: readonly string[];
  cmd?: readonly string[];
  /** `NAME=value` */
  env: readonly string[];
  workingDir?: string;
  /** `uid` or `uid:gid`; undefined: the image's. */
  user?: string;
  /** Supplementary groups. */
  groups: readonly string[];
  tty: boolean;
  stdin: boolean;
  /** The stdin of the first client that attaches, closed when it leaves. */
  stdinOnce: boolean;
  mounts: readonly Mount[];
  pid: "own" | "host" | "sandbox";
  ipc: "host" | "sandbox";
  privileged: boolean;
  readOnlyRootFilesystem: boolean;
  capabilities: { add: readonly string[]; drop: readonly string[] };
  noNewPrivileges: boolean;
  /** `unconfined`, or the profile as JSON; undefined: the engine's own. */
  seccomp?: string;
  /** Name of a profile or `unconfined`; undefined: the engine's own. */
  appArmor?: string;
  /** Shows all of /proc, as `procMount: Unmasked` asks. */
  unmaskedProc: boolean;
  resources: ContainerResources;
}

export interface ContainerResources {
  /** Relative weight; 1024 per core asked for. */
  cpuShares: number;
  /** Microseconds of CPU per 100 ms; undefined: no limit. */
  cpuQuota?: number;
  /** Bytes; undefined: no limit. */
  memoryLimit?: number;
  /** How willingly the kernel ends it when memory runs out: 0 to 1000. */
  oomScoreAdjust: number;
}

/** What the engine did: the first event of a watch, and the first after a lost connection, is `synced`. */
export type RuntimeEvent =
  | { type: "synced"; containers: readonly RuntimeContainer[] }
  | { type: "changed"; container: RuntimeContainer }
  | { type: "removed"; id: string }
  | { type: "imagesChanged" }
  /** The engine does not answer; `synced` follows when it does again. */
  | { type: "disconnected"; error: Error };

/** An error that the engine reported, in its own words. */
export class RuntimeError extends Error {
  readonly kind: "NotFound" | "Conflict" | "AddressInUse" | "Unavailable" | "Other";

  constructor(kind: RuntimeError["kind"], message: string) {
    super(message);
    this.name = "RuntimeError";
    this.kind = kind;
  }

  static is(error: unknown, kind: RuntimeError["kind"]): boolean {
    return error instanceof RuntimeError && error.kind === kind;
  }
}

/** One instance's containers: it neither shows nor touches those of others. Every method may throw {@link RuntimeError}. */
export interface ContainerRuntime {
  info(): Promise<RuntimeInfo>;

  /** Makes sure that the Pod network and the sandbox image exist. May be repeated. */
  prepare(): Promise<void>;

  /**
   * Tells everything present, then each change, until disposed; connects again by itself for as long as it takes.
   * The listener is called synchronously, must be quick and never throw. Each container is told of in the order of its states.
   */
  watch(listener: (event: RuntimeEvent) => void): Disposable;

  /**
   * Creates and starts a sandbox; leaves nothing behind when it fails.
   * @throws RuntimeError `AddressInUse` when somebody else has the address.
   */
  runSandbox(config: SandboxConfig): Promise<RuntimeContainer>;

  /** @throws RuntimeError `Conflict` when the name is taken, `NotFound` when the image or the sandbox is gone. */
  create(config: ContainerConfig): Promise<RuntimeContainer>;

  /** @throws RuntimeError with the engine's reason (`exec: "nosuch": executable file not found in $PATH`); the container is then `exited`. */
  start(id: string): Promise<RuntimeContainer>;

  /** Sends a signal (`SIGTERM`) to its first process; nothing happens when it does not run. */
  signal(id: string, signal: string): Promise<void>;

  unpause(id: string): Promise<void>;

  /** Ends it at once if it runs, and removes it with its anonymous volumes; nothing happens when it is gone. */
  remove(id: string): Promise<void>;

  /** A local image by reference or id; undefined when there is none. */
  image(reference: string): Promise<RuntimeImage | undefined>;

  pull(reference: string, auths: readonly RegistryAuth[], signal: AbortSignal): Promise<void>;

  /** stdout and stderr of one container, in order of time, as `kubectl logs` shows them. */
  logs(id: string, options: Omit<LogOptions, "container" | "previous">, signal: AbortSignal): Promise<Readable>;

  exec(
    id: string,
    command: readonly string[],
    options: Omit<StreamOptions, "container">,
    signal: AbortSignal,
  ): Promise<ExecSession>;

  /** Joins the streams of its first process. */
  attach(id: string, options: Omit<StreamOptions, "container">, signal: AbortSignal): Promise<ExecSession>;

  /** A connection to `127.0.0.1:port` within the sandbox's network. @throws RuntimeError when nobody listens. */
  connect(sandboxId: string, port: number, signal: AbortSignal): Promise<Duplex>;

  /** A volume that lives in memory for as long as a container that mounts it runs. May be repeated. */
  createMemoryVolume(name: string, options: { sizeBytes?: number; gid?: number }): Promise<void>;

  /** Nothing happens when it is gone. */
  removeVolume(name: string): Promise<void>;

  /** Removes every container, volume, network and image of the instance. @returns what was removed, a line each. */
  removeEverything(): Promise<string[]>;
}
