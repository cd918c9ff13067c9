/**
 * A WebSocket that carries numbered channels: binary messages with the number in the first byte, or, in the base64
 * protocols, text messages with the number's digit in front of base64. Version 5 adds a message that closes a channel.
 */
import { Readable, Writable } from "node:stream";
import type { RawData, WebSocket } from "ws";
import type { Clock } from "../../machinery/clock.ts";

/** Bytes that a channel may hold for its reader before the whole connection waits for it. */
const readAhead = 1024 * 1024;
/** How often a connection that is not being read is probed. */
const probeInterval = 10_000;
/** Number in front of a message that closes the channel named by the next byte (version 5). */
const closeSignal = 255;
/** Longest message kept for a channel that nobody listens to yet. */
const longestEarly = 4096;

export class ChannelSocket {
  readonly #webSocket: WebSocket;
  readonly #base64: boolean;
  readonly #closeSignals: boolean;
  readonly #handlers = new Map<number, (data: Buffer) => void>();
  readonly #early = new Map<number, Buffer[]>();
  readonly #readables = new Map<number, Readable>();
  readonly #ended = new Set<number>();
  readonly #closing = new AbortController();
  readonly #clock: Clock;
  #probe: Disposable | undefined;

  /** @param protocol the subprotocol agreed on: `v5.channel.k8s.io`, `base64.channel.k8s.io`, … */
  constructor(webSocket: WebSocket, protocol: string, clock: Clock) {
    this.#webSocket = webSocket;
    this.#clock = clock;
    this.#base64 = protocol.includes("base64.");
    this.#closeSignals = protocol.startsWith("v5.");
    webSocket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    webSocket.once("close", () => this.#end());
    // It was paused so that no message came before somebody listened; resuming takes effect in the next tick.
    webSocket.resume();
  }

  /** Aborted when the connection is over. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Calls `handler` with each message on the channel, those that came before included. */
  onMessage(channel: number, handler: (data: Buffer) => void): void {
    this.#handlers.set(channel, handler);
    for (const data of this.#early.get(channel) ?? []) handler(data);
    this.#early.delete(channel);
  }

  /** What the client sends on the channel. The connection is not read while the reader lags. */
  readable(channel: number): Readable {
    const readable = new Readable({ read: () => this.#resume() });
    // Its end is seen by `closed`.
    readable.on("error", () => {});
    this.#readables.set(channel, readable);
    this.onMessage(channel, (data) => {
      if (this.#ended.has(channel) || readable.destroyed || data.length === 0) return;
      readable.push(data);
      if (readable.readableLength >= readAhead) this.#pause();
    });
    return readable;
  }

  writable(channel: number): Writable {
    const writable = new Writable({
      write: (chunk: Buffer, _encoding, callback) => this.send(channel, chunk, callback),
    });
    writable.on("error", () => {});
    this.closed.addEventListener("abort", () => writable.destroy(), { once: true });
    return writable;
  }

  /** @param done called when the message has left the process, or cannot. */
  send(channel: number, data: Buffer, done: (error?: Error) => void): void {
    if (this.#base64) {
      this.#webSocket.send(`${channel}${data.toString("base64")}`, { binary: false }, done);
      return;
    }
    const message = Buffer.allocUnsafe(1 + data.length);
    message[0] = channel;
    data.copy(message, 1);
    this.#webSocket.send(message, { binary: true }, done);
  }

  /** Says good-bye and waits until the client has answered or gone. */
  async finish(): Promise<void> {
    if (this.closed.aborted) return;
    const over = new Promise<void>((resolve) => this.closed.addEventListener("abort", () => resolve()));
    // The answer to our close is read like anything else.
    this.#resume();
    this.#webSocket.close(1000);
    await over;
  }

  #receive(raw: RawData, isBinary: boolean): void {
    const message = bytesOf(raw);
    if (message.length === 0 || isBinary === this.#base64) return;
    const first = message.readUInt8(0);
    if (this.#closeSignals && first === closeSignal) {
      this.#close(message[1] ?? closeSignal);
      return;
    }
    const channel = this.#base64 ? first - 0x30 : first;
    const data = this.#base64 ? Buffer.from(message.toString("latin1", 1), "base64") : message.subarray(1);
    const handler = this.#handlers.get(channel);
    if (handler) handler(data);
    // Only resize messages come before anybody asks for them; they are short, and the last is what counts.
    else if (data.length <= longestEarly) this.#early.set(channel, [data]);
  }

  #pause(): void {
    this.#webSocket.pause();
    this.#probeLater();
  }

  #resume(): void {
    this.#probe?.[Symbol.dispose]();
    this.#probe = undefined;
    this.#webSocket.resume();
  }

  /** While nothing is read, only a write shows that the client has gone. */
  #probeLater(): void {
    this.#probe?.[Symbol.dispose]();
    this.#probe = this.#clock.after(probeInterval, () => {
      this.#webSocket.ping();
      this.#probeLater();
    });
  }

  #close(channel: number): void {
    if (this.#ended.has(channel)) return;
    this.#ended.add(channel);
    this.#readables.get(channel)?.push(null);
  }

  #end(): void {
    this.#probe?.[Symbol.dispose]();
    this.#closing.abort();
    for (const readable of this.#readables.values()) readable.destroy();
  }
}

function bytesOf(raw: RawData): Buffer {
  if (Buffer.isBuffer(raw)) return raw;
  return Array.isArray(raw) ? Buffer.concat(raw) : Buffer.from(raw);
}
