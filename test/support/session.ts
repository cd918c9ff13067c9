/** A command that goes on until it is ended: what it says is read, what it asks is answered. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { eventually } from "./skiff.ts";

export class Session implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  #said = "";

  constructor(command: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
    this.#child = spawn(command, args, { env: environment });
    this.#ended = once(this.#child, "close");
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#said += text;
      });
    }
    this.#child.stdin.on("error", () => {});
  }

  /** Waits until it has said so. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(
      () => {
        const match = pattern.exec(this.#said);
        if (!match) throw new Error(`it said: ${this.#said}`);
        return match;
      },
      `${this.#child.spawnargs.join(" ")} says ${pattern.source}`,
      20_000,
    );
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Resolves with the exit code when it ends by itself. */
  async end(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#ended;
  }
}
