/** Processes in containers with their streams: exec, attach, and connections into a sandbox's network. */
import { Duplex, PassThrough, type Readable, Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { RuntimeError } from "../../machinery/container-runtime.ts";
import type { ExecSession, StreamOptions } from "../../machinery/pod-streams.ts";
import { type DockerClient, docked } from "./client.ts";
import { demultiplex } from "./frames.ts";
import { relayCommand } from "./sandbox-image.ts";

type Streams = Omit<StreamOptions, "container">;

/** The streams of a hijacked connection. `ended` resolves when the engine has closed its side and all is read. */
function streamsOf(connection: Duplex, options: Streams, raw: boolean) {
  const stdout = options.stdout || raw ? new PassThrough() : undefined;
  const stderr = options.stderr && !raw ? new PassThrough() : undefined;
  // A reset connection is an end like any other to whoever reads.
  connection.on("error", () => connection.destroy());
  const ended = raw
    ? new Promise<void>((resolve) => {
        connection.pipe(stdout as PassThrough);
        connection.on("close", () => {
          stdout?.end();
          resolve();
        });
        connection.on("end", () => resolve());
      })
    : demultiplex(connection, stdout, stderr).catch(() => {});
  const stdin = options.stdin
    ? new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          if (connection.destroyed) done();
          else connection.write(chunk, () => done());
        },
        final: (done) => {
          connection.end();
          done();
        },
      })
    : undefined;
  return {
    ended,
    ...(stdin && { stdin }),
    ...(stdout && options.stdout && { stdout: stdout as Readable }),
    ...(stderr && { stderr: stderr as Readable }),
  };
}

/** Runs a command in a running container. */
export async function exec(
  docker: DockerClient,
  id: string,
  command: readonly string[],
  options: Streams,
  signal: AbortSignal,
): Promise<ExecSession> {
  const process = await docked(
    docker.getContainer(id).exec({
      Cmd: [...command],
      AttachStdin: options.stdin,
      AttachStdout: options.stdout,
      AttachStderr: options.stderr && !options.tty,
      Tty: options.tty,
    }),
  );
  const connection = await docked(process.start({ hijack: true, stdin: true, Tty: options.tty }));
  const close = () => connection.destroy();
  signal.addEventListener("abort", close, { once: true });
  const { ended, ...streams } = streamsOf(connection, options, options.tty);
  const exit = async (): Promise<number> => {
    await ended;
    signal.removeEventListener("abort", close);
    // The engine closes the streams a moment before it knows the exit code.
    for (let attempt = 0; ; attempt++) {
      const state = await docked(process.inspect());
      if (!state.Running && state.ExitCode !== null) return state.ExitCode;
      if (attempt === 100 || signal.aborted) throw new RuntimeError("Other", "the command's exit code is not known");
      await wait(20);
    }
  };
  const exited = exit();
  // Whoever does not ask for the code has not lost anything.
  exited.catch(() => {});
  return {
    ...streams,
    resize: (columns, rows) => docked(process.resize({ w: columns, h: rows }) as Promise<void>),
    exit: exited,
    close,
  };
}

/**
 * Joins the first process of a container. The session's exit code is that of the container if it ended, else 0.
 * @throws RuntimeError Conflict when the container does not run.
 */
export async function attach(
  docker: DockerClient,
  id: string,
  options: Streams,
  signal: AbortSignal,
): Promise<ExecSession> {
  const container = docker.getContainer(id);
  const { Config: config } = await docked(container.inspect());
  const connection = (await docked(
    container.attach({
      stream: true,
      hijack: true,
      stdin: options.stdin,
      stdout: options.stdout,
      stderr: options.stderr,
    }),
  )) as Duplex;
  const close = () => connection.destroy();
  // The engine lets one attach to what has ended, and then waits for it to be started again.
  const { State: joined } = await docked(container.inspect());
  if (!joined.Running) {
    close();
    throw new RuntimeError("Conflict", `container not running (${id})`);
  }
  signal.addEventListener("abort", close, { once: true });
  const { ended, ...streams } = streamsOf(connection, options, config.Tty);
  const exited = ended.then(async () => {
    signal.removeEventListener("abort", close);
    const { State: state } = await docked(container.inspect());
    return state.Running ? 0 : state.ExitCode;
  });
  exited.catch(() => {});
  return {
    ...streams,
    resize: (columns, rows) => docked(container.resize({ w: columns, h: rows }) as Promise<void>),
    exit: exited,
    close,
  };
}

/** Joins `127.0.0.1:port` of a sandbox by running the relay in it: works with a remote engine, and needs no rights of ours. */
export async function connectThroughRelay(
  docker: DockerClient,
  sandbox: string,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const options = { stdin: true, stdout: true, stderr: false, tty: false };
  const session = await exec(docker, sandbox, [relayCommand, String(port)], options, signal);
  const { stdin, stdout } = session;
  if (!stdin || !stdout) throw new RuntimeError("Other", "the relay has no streams");
  // The relay's first byte says that it is connected; without one, nobody listens.
  const first = await new Promise<Buffer | undefined>((resolve) => {
    stdout.once("data", (chunk: Buffer) => {
      stdout.pause();
      resolve(chunk);
    });
    stdout.once("end", () => resolve(undefined));
  });
  if (!first) {
    throw new RuntimeError("Other", `dial tcp4 127.0.0.1:${port}: connect: connection refused`);
  }
  if (first.length > 1) stdout.unshift(first.subarray(1));
  const joined = Duplex.from({ readable: stdout, writable: stdin });
  joined.on("close", () => session.close());
  return joined;
}
