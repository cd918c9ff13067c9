/** A real instance of Skiff for a test: started by its own command, used by real clients, reset at the end. */
import { type ExecFileException, execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bundledClient, findKubectl } from "../../scripts/kubectl.mjs";
import type { StatusReport } from "../../src/machinery/daemon.ts";

/** The kubectl under test: the newest one, from the development dependencies, unless another is named. */
const kubectlUnderTest = process.env["SKIFF_TEST_KUBECTL"] ?? bundledClient("kubectl") ?? findKubectl() ?? "kubectl";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
  /** Both, as they came. */
  all: string;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  timeoutMs?: number;
}

/** Runs a program to its end; never throws for its exit code. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  return new Promise((resolve, reject) => {
    let all = "";
    const child = execFile(
      command,
      args,
      {
        encoding: "utf8",
        maxBuffer: 256 * 2 ** 20,
        timeout: options.timeoutMs ?? 120_000,
        ...(options.cwd && { cwd: options.cwd }),
        env: options.env ?? process.env,
      },
      (error: ExecFileException | null, stdout, stderr) => {
        if (error && typeof error.code !== "number" && !error.killed) reject(error);
        else if (error?.killed) reject(new Error(`${command} ${args.join(" ")} did not end in time:\n${all}`));
        else resolve({ code: Number(error?.code ?? 0), stdout, stderr, all });
      },
    );
    child.stdout?.on("data", (chunk: string) => {
      all += chunk;
    });
    child.stderr?.on("data", (chunk: string) => {
      all += chunk;
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
  });
}

/** Calls `probe` until it returns something other than undefined; what it throws last is what a time-out reports. */
export async function eventually<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  what: string,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs / 1000} s`, { cause: last });
    await wait(50);
  }
}

let instances = 0;

export class SkiffInstance implements AsyncDisposable {
  readonly name: string;
  /** What the user's home directory is to this instance. */
  readonly home: string;
  /** Made by the first `up`. */
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;

  private constructor(name: string, home: string, environment: NodeJS.ProcessEnv) {
    this.name = name;
    this.home = home;
    this.dataDir = join(home, "data");
    const path = [join(root, "bin"), dirname(kubectlUnderTest), dirname(bundledClient("helm") ?? ".")];
    this.env = {
      ...process.env,
      PATH: `${path.join(":")}:${process.env["PATH"]}`,
      KUBECONFIG: join(home, "kubeconfig"),
      // The commands of the examples need not name the instance.
      SKIFF_NAME: name,
      SKIFF_DATA_DIR: this.dataDir,
      HOME: home,
      ...environment,
    };
  }

  /** An instance that has never been up. @param environment what differs from this process' own. */
  static async prepare(environment: NodeJS.ProcessEnv = {}): Promise<SkiffInstance> {
    const name = `t${process.pid.toString(36)}${(instances++).toString(36)}`;
    return new SkiffInstance(name, await mkdtemp(join(tmpdir(), `skiff-${name}-`)), environment);
  }

  /** Starts an instance of its own, on free addresses and a free port. */
  static async start(...flags: string[]): Promise<SkiffInstance> {
    const instance = await SkiffInstance.prepare();
    try {
      await instance.up(...flags);
    } catch (error) {
      await instance[Symbol.asyncDispose]();
      throw error;
    }
    return instance;
  }

  /** `skiff <command>` for this instance; fails the test when it fails. */
  async skiff(command: string, ...args: string[]): Promise<string> {
    const output = await this.trySkiff(command, ...args);
    if (output.code !== 0)
      throw new Error(`skiff ${command} ${args.join(" ")} ended with ${output.code}:\n${output.all}`);
    return output.stdout;
  }

  trySkiff(command: string, ...args: string[]): Promise<Output> {
    return run(join(root, "bin/skiff"), [command, "--name", this.name, "--data-dir", this.dataDir, ...args], {
      env: this.env,
    });
  }

  async up(...flags: string[]): Promise<void> {
    const port = flags.includes("--port") ? [] : ["--port", String(await freePort())];
    await this.skiff("up", ...port, ...flags);
  }

  async status(): Promise<StatusReport> {
    return JSON.parse(await this.skiff("status", "-o", "json")) as StatusReport;
  }

  /** Standard output of kubectl; fails the test when kubectl fails. */
  async kubectl(...args: string[]): Promise<string> {
    const output = await this.tryKubectl(args);
    if (output.code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${output.code}:\n${output.all}`);
    return output.stdout;
  }

  tryKubectl(args: readonly string[], options: RunOptions = {}): Promise<Output> {
    return run(kubectlUnderTest, args, { ...options, env: this.env });
  }

  async apply(yaml: string, ...args: string[]): Promise<string> {
    const output = await this.tryKubectl(["apply", "-f", "-", ...args], { input: yaml });
    if (output.code !== 0) throw new Error(`kubectl apply ended with ${output.code}:\n${output.all}`);
    return output.stdout;
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl(...args, "-o", "json")) as T;
  }

  /** Any shell command, with kubectl and skiff of this instance on the PATH. */
  shell(command: string, options: RunOptions = {}): Promise<Output> {
    return run("bash", ["-c", `exec 2>&1\n${command}`], { ...options, env: this.env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const output = await this.trySkiff("reset", "--yes");
    if (output.code !== 0) throw new Error(`skiff reset failed:\n${output.all}`);
    await rm(this.home, { recursive: true, force: true });
  }
}

/** A TCP port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
