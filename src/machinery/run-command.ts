/** Runs the host's own network tools. */
import { spawn } from "node:child_process";

/** A command that did not end with 0. */
export class CommandError extends Error {
  /** What the command wrote to stderr. */
  readonly stderr: string;

  constructor(command: string, outcome: string, stderr: string) {
    super(`${command}: ${stderr.trim() || outcome}`);
    this.name = "CommandError";
    this.stderr = stderr;
  }
}

/**
 * Runs a command to its end.
 * @param input written to its stdin; a function is called while the command starts.
 * @returns what it wrote to stdout.
 * @throws CommandError when it could not be started or ended with anything but 0.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  input: string | (() => string) = "",
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    const fail = (outcome: string): void => {
      reject(new CommandError([command, ...args].join(" "), outcome, output.stderr));
    };
    child.on("error", (error: NodeJS.ErrnoException) =>
      fail(error.code === "ENOENT" ? "not installed" : error.message),
    );
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output.stdout);
      else fail(signal ? `ended by ${signal}` : `ended with ${code}`);
    });
    // A command that ends without reading its input is judged by its exit code, not by the broken pipe.
    child.stdin.on("error", () => {}).end(typeof input === "string" ? input : input());
  });
}
