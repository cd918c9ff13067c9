/**
 * The engine's way of carrying stdout and stderr on one connection: 8 bytes of header (stream, three zeros, length in
 * network order), then the data. https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

export interface Frame {
  stream: "stdout" | "stderr";
  data: Buffer;
}

/** Data as it comes, also of frames that are not complete yet: an interactive program must not wait for its next line. */
export async function* frames(source: Readable): AsyncGenerator<Frame> {
  let header = Buffer.alloc(0);
  let stream: Frame["stream"] = "stdout";
  let left = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left > 0) {
        const data = rest.subarray(0, left);
        left -= data.length;
        rest = rest.subarray(data.length);
        yield { stream, data };
        continue;
      }
      const missing = 8 - header.length;
      header = Buffer.concat([header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (header.length < 8) break;
      stream = header[0] === 2 ? "stderr" : "stdout";
      left = header.readUInt32BE(4);
      header = Buffer.alloc(0);
    }
  }
}

/** Writes and waits while the reader is behind. @returns false when the reader has gone. */
export async function writeTo(sink: Writable, data: Buffer): Promise<boolean> {
  if (sink.destroyed) return false;
  if (sink.write(data)) return true;
  const gone = new AbortController();
  try {
    await Promise.race([once(sink, "drain", { signal: gone.signal }), once(sink, "close", { signal: gone.signal })]);
  } catch {
    return false;
  } finally {
    gone.abort();
  }
  return !sink.destroyed;
}

/** Sends each frame to its sink (none: thrown away) and ends the sinks with the source. */
export async function demultiplex(source: Readable, stdout?: Writable, stderr?: Writable): Promise<void> {
  try {
    for await (const { stream, data } of frames(source)) {
      const sink = stream === "stderr" ? stderr : stdout;
      if (sink) await writeTo(sink, data);
    }
  } finally {
    stdout?.end();
    stderr?.end();
  }
}
