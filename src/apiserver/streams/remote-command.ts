/** Connects a process in a container with the client's channels until the process has ended or the client has gone. */
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ExecSession } from "../../machinery/pod-streams.ts";
import { type Status, StatusError } from "../../machinery/status-error.ts";
import type { CommandChannels, SuccessStatus } from "./command-channels.ts";

/** How a command is said to have ended, given its exit code. */
export type OutcomeOf = (exitCode: number) => Status | SuccessStatus;

const success: SuccessStatus = { metadata: {}, status: "Success" };

/** The client reads the code from the cause (k8s.io/apimachinery `pkg/util/remotecommand`, `NonZeroExitCode`). */
export function exitCodeOutcome(command: readonly string[]): OutcomeOf {
  return (exitCode) => {
    if (exitCode === 0) return success;
    const failure = new StatusError(
      500,
      "NonZeroExitCode",
      `command terminated with non-zero exit code: error executing command [${command.join(" ")}], exit code ${exitCode}`,
      { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
    );
    return failure.toStatus();
  };
}

/** The end of an attached stream says nothing about the process: clients look at the Pod. */
export const attachOutcome: OutcomeOf = () => success;

/** Never rejects: what goes wrong is told to the client, if it is still there. */
export async function runRemoteCommand(
  session: ExecSession,
  channels: CommandChannels,
  outcomeOf: OutcomeOf,
): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    if (channels.closed.aborted) resolve();
    channels.closed.addEventListener("abort", () => resolve(), { once: true });
  });
  channels.onResize(({ columns, rows }) => {
    // A process that has just ended has no terminal any more.
    session.resize(columns, rows).catch(() => {});
  });
  if (channels.stdin) feed(channels.stdin, session.stdin);
  const ended = Promise.all([
    session.exit,
    deliver(session.stdout, channels.stdout),
    deliver(session.stderr, channels.stderr),
  ]);
  const outcome = await Promise.race([
    ended.then(
      ([exitCode]) => outcomeOf(exitCode),
      (error: unknown) => StatusError.from(error).toStatus(),
    ),
    gone,
  ]);
  if (outcome) await channels.finish(outcome);
  session.close();
}

/** Client to process. Whoever sends to a process that reads no more is not told, but what it sends is thrown away. */
function feed(from: Readable, to: Writable | undefined): void {
  const discard = () => {
    if (to) from.unpipe(to);
    from.resume();
  };
  if (!to) return discard();
  to.on("error", discard);
  to.on("close", discard);
  from.pipe(to);
}

/** Process to client. Output that nobody asked for is read and dropped, so that the process does not stall. */
async function deliver(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (!from) {
    to?.end();
    return;
  }
  if (to) return await pipeline(from, to);
  from.resume();
}
