/**
 * A persistent `nft -i`: it keeps its picture of the rules between commands, so that a change of a few elements among
 * tens of thousands takes about 1 ms instead of the 15 to 50 ms of a fresh `nft -f`.
 *
 * Each line is one transaction. `nft -i` says nothing when a line went well, so every line is followed by a `describe`,
 * which answers without asking the kernel: what was printed before the answer are the line's errors.
 */
import { type ChildProcess, spawn } from "node:child_process";

/** `nft` refused a transaction; nothing of it is in force. */
export class NftError extends Error {
  constructor(output: string) {
    super(`nft: ${output.trim()}`);
    this.name = "NftError";
  }
}

/** Its history of lines, kept by readline without bound, is forgotten with the process after so many lines. */
const linesPerProcess = 20_000;
const fence = "describe ip saddr";
const fenceAnswer = /^payload expression, datatype ipv4_addr .*\n/m;
const limitMs = 10_000;

interface Running {
  child: ChildProcess;
  lines: number;
  output: string;
  heard: () => void;
  ended: (reason: string) => void;
}

export class NftSession {
  #running: Running | undefined;

  /**
   * Runs commands as one transaction. One call at a time.
   * @throws NftError with what nft said; after any error the state of the rules is unknown to the caller.
   */
  async run(commands: readonly string[]): Promise<void> {
    const running = this.#running ?? this.#start();
    const errors = await this.#ask(running, commands.join("; "));
    running.lines++;
    if (running.lines >= linesPerProcess) this.close();
    if (errors.trim() !== "") {
      // A fresh process also forgets whatever picture of the rules led to the error.
      this.close();
      throw new NftError(errors);
    }
  }

  close(): void {
    const running = this.#running;
    this.#running = undefined;
    running?.child.stdin?.end();
  }

  #start(): Running {
    // One pipe for both outputs keeps errors and answers in order.
    const child = spawn("sh", ["-c", "exec nft -i 2>&1"], {
      stdio: ["pipe", "pipe", "ignore"],
      // No history file in anybody's home.
      env: { PATH: process.env["PATH"], HOME: "/nonexistent", TERM: "dumb", LC_ALL: "C" },
    });
    const running: Running = { child, lines: 0, output: "", heard: () => {}, ended: () => {} };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      running.output += text;
      running.heard();
    });
    child.stdin?.on("error", () => {});
    const end = (reason: string): void => {
      if (this.#running === running) this.#running = undefined;
      running.ended(reason);
    };
    child.on("error", (error) => end(error.message));
    child.on("close", (code, signal) => end(`nft -i ended with ${signal ?? code}: ${running.output}`));
    this.#running = running;
    return running;
  }

  #ask(running: Running, line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        running.heard = () => {};
        running.ended = () => {};
        act();
      };
      const timer = setTimeout(() => {
        running.child.kill("SIGKILL");
        settle(() => reject(new NftError(`no answer within ${limitMs / 1000} s`)));
      }, limitMs);
      running.output = "";
      running.heard = () => {
        const answer = fenceAnswer.exec(running.output);
        if (!answer) return;
        const errors = running.output.slice(0, answer.index);
        settle(() => resolve(errors));
      };
      running.ended = (reason) => settle(() => reject(new NftError(reason)));
      running.child.stdin?.write(`${line}\n${fence}\n`);
    });
  }
}
