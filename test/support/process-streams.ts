/**
 * `PodStreams` on processes of this machine instead of containers: what exec and attach start is a real child with
 * real pipes, what port-forward connects to is a port of the loopback interface.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { PassThrough, Readable } from "node:stream";
import type { ExecOptions, ExecSession, LogOptions, PodStreams } from "../../src/machinery/pod-streams.ts";
import { StatusError } from "../../src/machinery/status-error.ts";

export class ProcessStreams implements PodStreams {
  /** What the last request asked for. */
  lastLog: LogOptions | undefined;
  readonly sizes: { columns: number; rows: number }[] = [];
  readonly children = new Set<ChildProcess>();
  /** What `attach` runs. */
  attached = ["sh", "-c", 'while read -r line; do echo "you said $line"; done'];

  async logs(_pod: object, options: LogOptions, signal: AbortSignal): Promise<Readable> {
    this.lastLog = options;
    const child = this.#start(["sh", "-c", options.follow ? "echo first; exec cat" : "echo first; echo second"]);
    signal.addEventListener("abort", () => child.kill("SIGKILL"));
    return child.stdout ?? Readable.from([]);
  }

  async exec(_pod: object, options: ExecOptions): Promise<ExecSession> {
    if (options.command[0] === "absent") throw StatusError.internal('exec: "absent": executable file not found');
    // `script` gives the command a terminal of its own.
    const command = options.tty ? ["script", "-qec", options.command.join(" "), "/dev/null"] : options.command;
    return this.#session(this.#start(command), options.stdin);
  }

  async attach(_pod: object, options: { stdin: boolean }): Promise<ExecSession> {
    return this.#session(this.#start(this.attached), options.stdin);
  }

  async portForward(_pod: object, port: number, signal: AbortSignal): Promise<ReturnType<typeof connect>> {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    signal.addEventListener("abort", () => socket.destroy());
    await once(socket, "connect");
    return socket;
  }

  #start(command: readonly string[]): ChildProcess {
    const child = spawn(command[0] ?? "", command.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
    this.children.add(child);
    child.once("exit", () => this.children.delete(child));
    return child;
  }

  #session(child: ChildProcess, wantsStdin: boolean): ExecSession {
    const { stdin } = child;
    // Node throws away what a child has written when it exits before anybody reads.
    const stdout = child.stdout?.pipe(new PassThrough());
    const stderr = child.stderr?.pipe(new PassThrough());
    if (!wantsStdin) stdin?.end();
    return {
      ...(stdin && wantsStdin && { stdin }),
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
      exit: once(child, "exit").then(([code]) => (typeof code === "number" ? code : 137)),
      resize: async (columns, rows) => void this.sizes.push({ columns, rows }),
      close: () => void child.kill("SIGHUP"),
    };
  }
}
