/**
 * The container runtime port in memory: containers run the scripts of fake-shell.ts, and tests make the engine fail,
 * hesitate, or do behind the kubelet's back what people do with `docker`.
 */
import { EventEmitter, once } from "node:events";
import { createServer, connect as dial, type Server } from "node:net";
import { type Duplex, PassThrough, Readable, Writable } from "node:stream";
import type { Clock } from "../../src/machinery/clock.ts";
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
} from "../../src/machinery/container-runtime.ts";
import type { ExecSession, LogOptions, StreamOptions } from "../../src/machinery/pod-streams.ts";
import { commands, type Program, run } from "./fake-shell.ts";

interface FakeContainer {
  state: RuntimeContainer;
  name: string;
  hostname: string;
  address: string;
  env: Map<string, string>;
  command: readonly string[];
  log: { at: number; stream: "stdout" | "stderr"; text: string }[];
  /** Emits `data` for what is written, and `end`. */
  output: EventEmitter;
  program?: Program;
  config?: ContainerConfig;
  sandbox?: SandboxConfig;
}

interface FakeImage extends RuntimeImage {
  command: readonly string[];
}

const defaultCommand = ["sleep", "1000"];

export class FakeRuntime implements ContainerRuntime {
  readonly #clock: Clock;
  readonly #containers = new Map<string, FakeContainer>();
  readonly #images = new Map<string, FakeImage>();
  readonly #registry = new Map<string, FakeImage | Error>();
  readonly #volumes = new Set<string>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #listening = new Map<string, Server>();
  #busy = false;
  #sandboxError: Error | undefined;
  readonly #gates = new Map<string, Promise<void>>();
  #connected = true;
  #count = 0;
  /** Every call that changes something, in order: `create c`, `start c`, `signal c SIGTERM`, `remove c`. */
  readonly calls: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  // --- What tests say and see ---

  /** Puts an image into the local store. */
  addImage(reference: string, options: { user?: string; command?: string[]; repoDigests?: string[] } = {}): void {
    this.#images.set(reference, this.#image(reference, options));
    this.#tell({ type: "imagesChanged" });
  }

  removeImage(reference: string): void {
    this.#images.delete(reference);
    this.#tell({ type: "imagesChanged" });
  }

  /** What a pull gives: an image, or the engine's complaint. Unknown ones do not exist. */
  offer(reference: string, result: Error | { user?: string; command?: string[] }): void {
    this.#registry.set(reference, result instanceof Error ? result : this.#image(reference, result));
  }

  /** Makes every call of that name wait (`start`, `pull`, …) until the function returned is called. */
  hold(call: "create" | "start" | "runSandbox" | "pull" | "remove"): () => void {
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    this.#gates.set(call, gate);
    return () => {
      if (this.#gates.get(call) === gate) this.#gates.delete(call);
      release();
    };
  }

  /** Whether containers can only be ended and not removed, as when the engine lost track of their file systems. */
  keepRemains(keep: boolean): void {
    this.#busy = keep;
  }

  /** Makes every sandbox fail while it starts, as when a port of the host is taken: it is there, and is removed again. */
  failSandboxes(error: Error | undefined): void {
    this.#sandboxError = error;
  }

  /** All containers, sandboxes included, oldest first. */
  get containers(): RuntimeContainer[] {
    return [...this.#containers.values()].map(({ state }) => state);
  }

  configOf(id: string): ContainerConfig {
    const { config } = this.#get(id);
    if (!config) throw new Error(`${id} is a sandbox`);
    return config;
  }

  sandboxConfigOf(id: string): SandboxConfig {
    const { sandbox } = this.#get(id);
    if (!sandbox) throw new Error(`${id} is not a sandbox`);
    return sandbox;
  }

  get volumes(): readonly string[] {
    return [...this.#volumes];
  }

  /** Ends a running container, as its process or the kernel would. */
  exit(id: string, exitCode: number, options: { oomKilled?: boolean } = {}): void {
    const container = this.#get(id);
    this.#change(container, {
      state: "exited",
      exitCode,
      finishedAt: this.#clock.now(),
      oomKilled: options.oomKilled ?? false,
    });
    container.output.emit("end");
  }

  pause(id: string): void {
    this.#change(this.#get(id), { state: "paused" });
  }

  /** The engine goes away and with it, as after a reboot, everything that ran. */
  crash(): void {
    this.disconnect();
    for (const container of this.#containers.values()) {
      if (container.state.state === "running" || container.state.state === "paused") {
        this.#change(container, { state: "exited", exitCode: 137, finishedAt: this.#clock.now() });
      }
    }
  }

  disconnect(): void {
    this.#connected = false;
    for (const listener of this.#listeners) listener({ type: "disconnected", error: new Error("connection lost") });
  }

  reconnect(): void {
    this.#connected = true;
    for (const listener of this.#listeners) listener({ type: "synced", containers: this.containers });
  }

  // --- The port ---

  async info(): Promise<RuntimeInfo> {
    return {
      name: "docker",
      version: "20.10.24",
      cpus: 4,
      memoryBytes: 8 * 1024 ** 3,
      architecture: "amd64",
      kernelVersion: "6.1.0",
      operatingSystem: "Debian GNU/Linux 12 (bookworm)",
    };
  }

  async prepare(): Promise<void> {
    await this.#enter("prepare");
  }

  watch(listener: (event: RuntimeEvent) => void): Disposable {
    this.#listeners.add(listener);
    queueMicrotask(() => {
      if (this.#connected && this.#listeners.has(listener)) listener({ type: "synced", containers: this.containers });
    });
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async runSandbox(config: SandboxConfig): Promise<RuntimeContainer> {
    await this.#enter("runSandbox");
    const address = config.network?.address ?? "";
    const taken = [...this.#containers.values()].some(
      ({ sandbox, state }) => state.state === "running" && sandbox?.network?.address === address && address !== "",
    );
    if (taken) throw new RuntimeError("AddressInUse", "Address already in use");
    const container = this.#add(config.name, config.labels, "sandbox", {
      hostname: config.hostname ?? "node",
      address,
      sandbox: config,
    });
    this.calls.push("runSandbox");
    if (this.#sandboxError) {
      this.#change(container, { state: "exited", exitCode: 128, finishedAt: this.#clock.now() });
      await this.remove(container.state.id);
      throw this.#sandboxError;
    }
    return this.#change(container, { state: "running", startedAt: this.#clock.now() });
  }

  async create(config: ContainerConfig): Promise<RuntimeContainer> {
    await this.#enter("create");
    const image = this.#images.get(config.image);
    if (!image) throw new RuntimeError("NotFound", `No such image: ${config.image}`);
    const sandbox = this.#containers.get(config.sandbox);
    if (!sandbox) throw new RuntimeError("NotFound", `No such container: ${config.sandbox}`);
    const own = [...(config.entrypoint ?? []), ...(config.cmd ?? [])];
    const env = new Map(config.env.map((variable) => variable.split(/=(.*)/s).slice(0, 2) as [string, string]));
    const container = this.#add(config.name, config.labels, config.image, {
      hostname: sandbox.hostname,
      address: sandbox.address,
      env,
      command: own.length > 0 ? own : image.command,
      config,
    });
    this.calls.push(`create ${shortName(config.name)}`);
    return container.state;
  }

  async start(id: string): Promise<RuntimeContainer> {
    await this.#enter("start");
    const container = this.#get(id);
    this.calls.push(`start ${shortName(container.name)}`);
    const [program = ""] = container.command;
    if (!commands.has(program)) {
      const message = `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program}": executable file not found in $PATH: unknown`;
      this.#change(container, {
        state: "exited",
        error: message,
        exitCode: 127,
        finishedAt: container.state.createdAt,
      });
      throw new RuntimeError("Other", message);
    }
    const running = this.#change(container, { state: "running", startedAt: this.#clock.now() });
    container.program = run(container.command, {
      hostname: container.hostname,
      env: container.env,
      write: (stream, text) => this.#write(container, stream, text),
      input: () => new Promise<string>(() => {}),
      sleep: (seconds) => new Promise((resolve) => this.#clock.after(seconds * 1000, resolve)),
    });
    void container.program.exit.then((code) => {
      if (container.state.state === "running" && this.#containers.has(id)) this.exit(id, code);
    });
    return running;
  }

  async signal(id: string, signal: string): Promise<void> {
    await this.#enter("signal");
    const container = this.#containers.get(id);
    if (container?.state.state !== "running") return;
    this.calls.push(`signal ${shortName(container.name)} ${signal}`);
    if (signal === "SIGKILL") this.exit(id, 137);
    else if (container.program?.heedsTerm ?? true) this.exit(id, container.sandbox ? 0 : 143);
  }

  async unpause(id: string): Promise<void> {
    await this.#enter("unpause");
    const container = this.#get(id);
    this.calls.push(`unpause ${shortName(container.name)}`);
    this.#change(container, { state: "running" });
  }

  async remove(id: string): Promise<void> {
    await this.#enter("remove");
    const container = this.#containers.get(id);
    if (!container) return;
    this.calls.push(`remove ${shortName(container.name)}`);
    if (container.state.state === "running" || container.state.state === "paused") this.exit(id, 137);
    if (this.#busy)
      throw new RuntimeError("Other", `driver "overlay2" failed to remove root filesystem of ${id}: busy`);
    this.#containers.delete(id);
    for (const [key, server] of this.#listening) if (key.startsWith(`${id}:`)) server.close();
    this.#tell({ type: "removed", id });
  }

  async image(reference: string): Promise<RuntimeImage | undefined> {
    await this.#enter("image");
    return this.#images.get(reference) ?? [...this.#images.values()].find(({ id }) => id === reference);
  }

  async pull(reference: string, _auths: readonly RegistryAuth[], _signal: AbortSignal): Promise<void> {
    await this.#enter("pull");
    this.calls.push(`pull ${reference}`);
    const offered = this.#registry.get(reference);
    if (offered instanceof Error) throw offered;
    if (!offered) {
      throw new RuntimeError(
        "NotFound",
        `pull access denied for ${reference.split(":")[0]}, repository does not exist or may require 'docker login'`,
      );
    }
    this.#images.set(reference, offered);
    this.#tell({ type: "imagesChanged" });
  }

  async logs(id: string, options: Omit<LogOptions, "container" | "previous">, signal: AbortSignal): Promise<Readable> {
    await this.#enter("logs");
    const container = this.#get(id);
    const from =
      options.sinceTime === undefined
        ? this.#clock.now() - (options.sinceSeconds ?? Number.POSITIVE_INFINITY) * 1000
        : Date.parse(options.sinceTime);
    const print = ({ at, text }: { at: number; text: string }) =>
      options.timestamps ? `${new Date(at).toISOString().replace("Z", "000000Z")} ${text}` : text;
    const lines = container.log.filter(({ at }) => at >= from).map(print);
    const chosen =
      options.tailLines === undefined ? lines : options.tailLines === 0 ? [] : lines.slice(-options.tailLines);
    const text = Buffer.from(chosen.join("")).subarray(0, options.limitBytes);
    const result = new PassThrough();
    if (text.length > 0) result.write(text);
    if (!options.follow || container.state.state !== "running") return result.end();
    const more = (chunk: string) => result.write(chunk);
    container.output.on("data", more);
    container.output.once("end", () => result.end());
    signal.addEventListener("abort", () => {
      container.output.off("data", more);
      result.end();
    });
    return result;
  }

  async exec(
    id: string,
    command: readonly string[],
    options: Omit<StreamOptions, "container">,
    _signal: AbortSignal,
  ): Promise<ExecSession> {
    await this.#enter("exec");
    const container = this.#get(id);
    if (container.state.state !== "running") throw new RuntimeError("Conflict", `Container ${id} is not running`);
    const { session, stdout, stderr, input } = streams(options);
    if (!commands.has(command[0] ?? "")) {
      const program = JSON.stringify(command[0]);
      stdout.write(
        `OCI runtime exec failed: exec failed: unable to start container process: exec: ${program}: executable file not found in $PATH: unknown\r\n`,
      );
      stdout.end();
      stderr.end();
      return { ...session, exit: Promise.resolve(126) };
    }
    const program = run(command, {
      hostname: container.hostname,
      env: container.env,
      write: (stream, text) => void (stream === "stderr" && !options.tty ? stderr : stdout).write(text),
      input,
      sleep: (seconds) => new Promise((resolve) => this.#clock.after(seconds * 1000, resolve)),
    });
    const exit = program.exit.finally(() => {
      stdout.end();
      stderr.end();
    });
    return { ...session, exit };
  }

  async attach(id: string, options: Omit<StreamOptions, "container">, signal: AbortSignal): Promise<ExecSession> {
    await this.#enter("attach");
    const container = this.#get(id);
    if (container.state.state === "exited") throw new RuntimeError("Conflict", `container not running (${id})`);
    const { session, stdout, stderr } = streams(options);
    const more = (chunk: string) => stdout.write(chunk);
    container.output.on("data", more);
    const ended = once(container.output, "end").then(() => {
      stdout.end();
      stderr.end();
      return container.state.exitCode ?? 0;
    });
    signal.addEventListener("abort", () => container.output.off("data", more));
    return { ...session, exit: ended };
  }

  /** Lets a port of a sandbox's loopback interface be answered: the server echoes. */
  async listen(sandboxId: string, port: number): Promise<void> {
    const server = createServer((socket) => socket.pipe(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    server.unref();
    this.#listening.set(`${sandboxId}:${port}`, server);
  }

  async connect(sandboxId: string, port: number, signal: AbortSignal): Promise<Duplex> {
    await this.#enter("connect");
    const address = this.#listening.get(`${sandboxId}:${port}`)?.address();
    if (!address || typeof address === "string") {
      throw new RuntimeError("Other", `dial tcp4 127.0.0.1:${port}: connect: connection refused`);
    }
    const socket = dial({ port: address.port, host: "127.0.0.1", signal });
    await once(socket, "connect");
    return socket;
  }

  async createMemoryVolume(name: string): Promise<void> {
    await this.#enter("createMemoryVolume");
    this.#volumes.add(name);
  }

  async removeVolume(name: string): Promise<void> {
    await this.#enter("removeVolume");
    this.#volumes.delete(name);
  }

  async removeEverything(): Promise<string[]> {
    const removed = [...this.#containers.values()].map(({ name }) => `container ${name}`);
    for (const id of this.#containers.keys()) await this.remove(id);
    removed.push(...[...this.#volumes].map((name) => `volume ${name}`));
    this.#volumes.clear();
    return removed;
  }

  async #enter(call: string): Promise<void> {
    if (!this.#connected) throw new RuntimeError("Unavailable", "connect ECONNREFUSED /var/run/docker.sock");
    await this.#gates.get(call);
  }

  #image(reference: string, options: { user?: string; command?: string[]; repoDigests?: string[] }): FakeImage {
    this.#count++;
    return {
      id: `sha256:${String(this.#count).padStart(64, "0")}`,
      repoDigests: options.repoDigests ?? [],
      user: options.user ?? "",
      sizeBytes: 1000,
      command: options.command ?? defaultCommand,
    };
  }

  #add(
    name: string,
    labels: Readonly<Record<string, string>>,
    image: string,
    rest: Partial<FakeContainer>,
  ): FakeContainer {
    if ([...this.#containers.values()].some((other) => other.name === name)) {
      throw new RuntimeError("Conflict", `Conflict. The container name "/${name}" is already in use`);
    }
    this.#count++;
    const id = String(this.#count).padStart(64, "f");
    const output = new EventEmitter();
    const container: FakeContainer = {
      name,
      hostname: "",
      address: "",
      env: new Map(),
      command: [],
      log: [],
      output,
      ...rest,
      state: {
        id,
        labels,
        state: "created",
        image,
        imageId: this.#images.get(image)?.id ?? "",
        createdAt: this.#clock.now(),
        oomKilled: false,
        error: "",
        stopSignal: "SIGTERM",
      },
    };
    this.#containers.set(id, container);
    this.#tell({ type: "changed", container: container.state });
    return container;
  }

  #get(id: string): FakeContainer {
    const container = this.#containers.get(id);
    if (!container) throw new RuntimeError("NotFound", `No such container: ${id}`);
    return container;
  }

  #change(container: FakeContainer, change: Partial<RuntimeContainer>): RuntimeContainer {
    container.state = { ...container.state, ...change };
    this.#tell({ type: "changed", container: container.state });
    return container.state;
  }

  #tell(event: RuntimeEvent): void {
    // An engine that is away tells nobody; the list that follows makes up for it.
    if (!this.#connected) return;
    for (const listener of this.#listeners) listener(event);
  }

  #write(container: FakeContainer, stream: "stdout" | "stderr", text: string): void {
    container.log.push({ at: this.#clock.now(), stream, text });
    container.output.emit("data", text);
  }
}

/** `c` of `k8s_c_pod_ns_uid_0`, or the name as it is. */
function shortName(name: string): string {
  return name.split("_")[1] ?? name;
}

function streams(options: Omit<StreamOptions, "container">) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let text = "";
  let ended: (all: string) => void = () => {};
  const whole = new Promise<string>((resolve) => (ended = resolve));
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString("utf8");
      done();
    },
    final(done) {
      ended(text);
      done();
    },
  });
  const session = {
    ...(options.stdin && { stdin }),
    ...(options.stdout && { stdout: stdout as Readable }),
    ...(options.stderr && !options.tty && { stderr: stderr as Readable }),
    resize: async () => {},
    close: () => {
      stdout.destroy();
      stderr.destroy();
    },
  };
  return { session, stdout, stderr, input: () => (options.stdin ? whole : Promise.resolve("")) };
}
