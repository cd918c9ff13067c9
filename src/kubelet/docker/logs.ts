/** Logs of containers as the engine's json-file driver keeps them. */
import { PassThrough, type Readable } from "node:stream";
import type { LogOptions } from "../../machinery/pod-streams.ts";
import { type DockerClient, docked, toRuntimeError } from "./client.ts";
import { frames, writeTo } from "./frames.ts";

type Options = Omit<LogOptions, "container" | "previous">;

/** The engine's `since`: seconds since the epoch, with a fraction. */
function since(options: Options, now: number): string | undefined {
  if (options.sinceTime !== undefined) return String(Date.parse(options.sinceTime) / 1000);
  if (options.sinceSeconds !== undefined) return String(now / 1000 - options.sinceSeconds);
  return undefined;
}

/** Opens the log as a stream; dockerode's own method reads the whole of it into memory unless it follows. */
function open(docker: DockerClient, id: string, options: Options, now: number, signal: AbortSignal): Promise<Readable> {
  const from = since(options, now);
  const query = {
    stdout: true,
    stderr: true,
    follow: options.follow ?? false,
    timestamps: options.timestamps ?? false,
    tail: options.tailLines === undefined ? "all" : String(options.tailLines),
    ...(from !== undefined && { since: from }),
  };
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${id}/logs?`,
        method: "GET",
        isStream: true,
        abortSignal: signal,
        statusCodes: { 200: true, 404: "no such container", 500: "server error" },
        options: query,
      },
      (error: Error | null, stream: unknown) => (error ? reject(error) : resolve(stream as Readable)),
    );
  });
}

/** stdout and stderr as one, at most `limitBytes` of it. Ends with the container when it follows. */
export async function logs(
  docker: DockerClient,
  id: string,
  options: Options,
  now: number,
  signal: AbortSignal,
): Promise<Readable> {
  const { Config: config } = await docked(docker.getContainer(id).inspect());
  const source = await docked(open(docker, id, options, now, signal));
  const result = new PassThrough();
  const chunks = config.Tty ? (source as AsyncIterable<Buffer>) : dataOf(source);
  result.on("close", () => source.destroy());
  copy(chunks, result, options.limitBytes ?? Number.POSITIVE_INFINITY).then(
    () => {
      result.end();
      source.destroy();
    },
    (error: unknown) => {
      if (signal.aborted) result.end();
      else result.destroy(toRuntimeError(error));
    },
  );
  return result;
}

async function* dataOf(source: Readable): AsyncGenerator<Buffer> {
  for await (const { data } of frames(source)) yield data;
}

async function copy(chunks: AsyncIterable<Buffer>, sink: PassThrough, limit: number): Promise<void> {
  let left = limit;
  if (left <= 0) return;
  for await (const chunk of chunks) {
    const data = chunk.subarray(0, Math.min(left, chunk.length));
    left -= data.length;
    if (!(await writeTo(sink, data)) || left <= 0) return;
  }
}
