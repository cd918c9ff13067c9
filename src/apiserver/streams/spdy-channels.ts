/** exec and attach over SPDY/3.1: one stream per channel, told apart by the header `streamType`. */
import type { Duplex } from "node:stream";
import type { Clock } from "../../machinery/clock.ts";
import { type CommandChannels, outcomeText, parseTerminalSize, type WantedChannels } from "./command-channels.ts";
import { JsonObjectSplitter } from "./json-object-splitter.ts";
import { SpdySession } from "./spdy/session.ts";
import type { SpdyStream } from "./spdy/stream.ts";

/** In the order of preference in which the server lists them. */
export const spdyCommandProtocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
];

/** How long a client may take to open its streams (the kubelet's `DefaultStreamCreationTimeout`). */
const creationTimeout = 30_000;

/**
 * Waits for the client to open the streams it has asked for.
 * @returns undefined when it did not in time, or has gone; the connection is then closed.
 */
export async function openSpdyChannels(
  socket: Duplex,
  protocol: string,
  wanted: WantedChannels,
  clock: Clock,
): Promise<CommandChannels | undefined> {
  const version = Number(/^v(\d)\./.exec(protocol)?.[1] ?? 1);
  const expected = expectedStreams(version, wanted);
  const streams = new Map<string, SpdyStream>();
  let complete: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const session = new SpdySession(
    socket,
    (stream) => {
      const type = stream.headers.get("streamtype") ?? "";
      if (!expected.includes(type) || streams.has(type)) return void stream.destroy();
      streams.set(type, stream);
      if (streams.size === expected.length) complete();
    },
    clock,
  );
  // `run` never rejects; its end is known by `closed`.
  void session.run();
  session.closed.addEventListener("abort", () => complete(), { once: true });
  const limit = clock.after(creationTimeout, () => complete());
  await opened;
  limit[Symbol.dispose]();
  if (session.closed.aborted || streams.size < expected.length) {
    session.destroy();
    return undefined;
  }
  return channelsOf(session, streams, version);
}

/** Resizing came with version 3; a terminal has no stderr of its own. */
function expectedStreams(version: number, wanted: WantedChannels): string[] {
  return [
    "error",
    ...(wanted.stdin ? ["stdin"] : []),
    ...(wanted.stdout ? ["stdout"] : []),
    ...(wanted.stderr ? ["stderr"] : []),
    ...(wanted.tty && version >= 3 ? ["resize"] : []),
  ];
}

function channelsOf(session: SpdySession, streams: Map<string, SpdyStream>, version: number): CommandChannels {
  const [stdin, stdout, stderr] = [streams.get("stdin"), streams.get("stdout"), streams.get("stderr")];
  return {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    closed: session.closed,
    onResize(handler) {
      const splitter = new JsonObjectSplitter();
      streams.get("resize")?.on("data", (chunk: Buffer) => {
        for (const text of splitter.push(chunk.toString("utf8"))) {
          const size = parseTerminalSize(text);
          if (size) handler(size);
        }
      });
    },
    async finish(outcome) {
      const text = version >= 4 ? JSON.stringify(outcome) : outcomeText(outcome);
      if (text) streams.get("error")?.write(text);
      for (const stream of streams.values()) {
        stream.end();
        stream.resume();
      }
      await session.finish();
    },
  };
}
