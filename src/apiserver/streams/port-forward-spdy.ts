/**
 * Port forwarding over SPDY/3.1, be it on the connection itself or in the messages of a WebSocket: for every forwarded
 * connection the client opens a pair of streams, one for data and one for an error's text, joined by the header
 * `requestID`.
 */
import type { Duplex } from "node:stream";
import type { Clock } from "../../machinery/clock.ts";
import { type ForwardedPort, forwardConnection, parsePort } from "./forward-connection.ts";
import { SpdySession } from "./spdy/session.ts";
import type { SpdyStream } from "./spdy/stream.ts";

/** How long the second stream of a pair may take to follow the first. */
const creationTimeout = 30_000;

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  timeout: Disposable;
}

/** Serves the connection until it is over. Never rejects. */
export async function servePortForwardSpdy(
  transport: Duplex,
  forwardedPort: (port: number, signal: AbortSignal) => ForwardedPort,
  clock: Clock,
): Promise<void> {
  const pairs = new Map<string, Pair>();
  const open = new Set<AbortController>();
  const session = new SpdySession(transport, (stream) => receive(stream), clock);

  function receive(stream: SpdyStream): void {
    const type = stream.headers.get("streamtype");
    const port = portOf(stream);
    if ((type !== "data" && type !== "error") || port === undefined) return void stream.destroy();
    const id = requestId(stream, type);
    const pair = pairs.get(id) ?? { timeout: clock.after(creationTimeout, () => giveUp(id)) };
    if (pair[type]) return void stream.destroy();
    pair[type] = stream;
    pairs.set(id, pair);
    if (!pair.data || !pair.error) return;
    pairs.delete(id);
    pair.timeout[Symbol.dispose]();
    // One signal per connection: a session lives through thousands of them, and each may listen.
    const over = new AbortController();
    open.add(over);
    pair.data.once("close", () => {
      open.delete(over);
      over.abort();
    });
    void forward(pair.data, pair.error, forwardedPort(port, over.signal));
  }

  function giveUp(id: string): void {
    const pair = pairs.get(id);
    pairs.delete(id);
    pair?.error?.end(`(request=${id}) timed out waiting for streams`);
    pair?.data?.destroy();
  }

  await session.run();
  for (const over of open) over.abort();
  for (const { timeout } of pairs.values()) timeout[Symbol.dispose]();
}

async function forward(data: SpdyStream, error: SpdyStream, forwarded: ForwardedPort): Promise<void> {
  // The client never writes to it; reading it lets the stream come to its end.
  error.resume();
  const failure = await forwardConnection(forwarded, data, data);
  if (failure) data.end();
  // The client waits for the end of the error stream before it lets go of a connection.
  error.end(failure);
}

function portOf(stream: SpdyStream): number | undefined {
  try {
    return parsePort(stream.headers.get("port") ?? "");
  } catch {
    return undefined;
  }
}

/** Clients older than the header open the error stream first, and the data stream with the next id. */
function requestId(stream: SpdyStream, type: "data" | "error"): string {
  return stream.headers.get("requestid") ?? String(type === "error" ? stream.id : stream.id - 2);
}
