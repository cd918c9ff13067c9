/** A Docker Engine of a test's own, beside the one of the host: it may be stopped and killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./processes.ts";
import { eventually, run } from "./skiff.ts";

/** The default bridge of the test's engine, in the range for tests of networks (RFC 2544). */
const bridge = "test-engine0";

export class Engine implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "engine-"));
  /** For `DOCKER_HOST`. */
  readonly host = `unix://${this.#directory}/docker.sock`;
  #process: ChildProcess | undefined;
  /** Its own containerd; undefined where it uses the host's. */
  #containerd: number | undefined;

  /** @param images of the host's engine that it is to have too. */
  static async start(...images: string[]): Promise<Engine> {
    const engine = new Engine();
    try {
      await engine.start();
      const copied = await run("sh", ["-c", `docker save ${images.join(" ")} | docker --host ${engine.host} load`]);
      if (copied.code !== 0) throw new Error(`images could not be copied: ${copied.all}`);
      return engine;
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Does nothing when it runs. */
  async start(): Promise<void> {
    if (this.#isRunning()) return;
    const log = createWriteStream(join(this.#directory, "log"), { flags: "a" });
    await once(log, "open");
    const place = (name: string): string => join(this.#directory, name);
    // The numbers in these files may live on in other processes, which would keep the engine from starting.
    const pidFile = place("exec/containerd/containerd.pid");
    for (const file of [place("pid"), pidFile]) rmSync(file, { force: true });
    const places = ["--data-root", place("data"), "--exec-root", place("exec"), "--pidfile", place("pid")];
    // The firewall's chains belong to the host's engine, and so does docker0, which `--bridge none` would remove.
    await run("sh", ["-c", `ip link add ${bridge} type bridge && ip addr add 198.18.254.1/24 dev ${bridge}`]);
    const modesty = ["--bridge", bridge, "--iptables=false", "--ip6tables=false"];
    this.#process = spawn("dockerd", ["--host", this.host, ...places, ...modesty], { stdio: ["ignore", log, log] });
    await eventually(async () => {
      const { code } = await run("docker", ["--host", this.host, "version"]);
      if (code === 0) return true;
      if (this.#isRunning()) return undefined;
      throw new Error(readFileSync(place("log"), "utf8").split("\n").slice(-5).join("\n"));
    }, "the engine answers");
    this.#containerd = existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : undefined;
  }

  /** Ends the engine; with SIGTERM it stops its containers first, with SIGKILL they run on until it is back. */
  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (!this.#process || !this.#isRunning()) return;
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    await ended;
    // Its containerd goes with it, a little later.
    const containerd = this.#containerd;
    if (containerd !== undefined)
      await eventually(() => (isAlive(containerd) ? undefined : true), "containerd has ended");
  }

  #isRunning(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  /** Starts it anew with nothing mounted: what it has lost track of can be removed then. */
  async refresh(): Promise<void> {
    await this.stop("SIGTERM");
    await this.#unmount();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGTERM");
    await this.#unmount();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /**
   * File systems and namespaces of containers that outlived it may still be mounted; some of them lie hidden below the
   * mount that each engine makes of its directory, and come to light when that is gone.
   */
  async #unmount(): Promise<void> {
    const mounted = `cut -d' ' -f2 /proc/mounts | grep '^${this.#directory}' | sort -r`;
    await run("sh", ["-c", `for pass in 1 2 3 4 5; do ${mounted} | xargs -r umount -l; done`]);
  }
}
