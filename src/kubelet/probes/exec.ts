import { finished } from "node:stream/promises";
import type { ContainerRuntime } from "../../machinery/container-runtime.ts";
import type { Outcome } from "./outcome.ts";

/** As much of a command's output as an Event can hold. */
const longestOutput = 10 * 1024;

/** Runs a command in a container and waits for it. Succeeds when it exits with 0 in time. */
export async function probeExec(
  runtime: Pick<ContainerRuntime, "exec">,
  id: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<Outcome> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const options = { stdin: false, stdout: true, stderr: true, tty: false };
  const timedOut: Outcome = {
    result: "failure",
    output: `command timed out: "${command.join(" ")}" timed out after ${timeoutMs / 1000}s`,
  };
  try {
    const session = await runtime.exec(id, command, options, deadline);
    let output = "";
    const collect = (chunk: Buffer) => {
      if (output.length < longestOutput) output += chunk.toString("utf8");
    };
    session.stdout?.on("data", collect);
    session.stderr?.on("data", collect);
    const expired = new Promise<"expired">((resolve) => {
      deadline.addEventListener("abort", () => resolve("expired"), { once: true });
    });
    // All of the output is read before the exit code is looked at: it is what the Event tells.
    const ends = [session.stdout, session.stderr].flatMap((stream) => (stream ? [finished(stream)] : []));
    const over = Promise.all([session.exit, ...ends]).then(([code]) => code);
    const exit = await Promise.race([over, expired]);
    if (exit === "expired") return timedOut;
    return { result: exit === 0 ? "success" : "failure", output: output.slice(0, longestOutput) };
  } catch (error) {
    if (deadline.aborted) return timedOut;
    throw error;
  }
}
