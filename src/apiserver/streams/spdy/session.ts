/**
 * The server's end of a SPDY/3.1 session. It hands every stream that the peer opens to a callback, as a Duplex.
 *
 * Written for what peers do in truth (moby/spdystream, in every kubectl and client-go): they ignore flow control, so
 * memory is kept bounded by not reading the connection while some stream's reader lags; they drop frames of streams
 * that have had no SYN_REPLY; and they drop what they have not yet read when the connection closes, so that whoever
 * has sent something has to let the peer close first (`finish`).
 */
import type { Duplex } from "node:stream";
import { type Clock, systemClock } from "../../../machinery/clock.ts";
import {
  dataHeader,
  encodeFrame,
  type Frame,
  goAwayStatus,
  initialWindowSizeSetting,
  resetStatus,
  SpdyError,
} from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { HeaderBlockDecoder, HeaderBlockEncoder } from "./header-block.ts";
import { SendWindows } from "./send-windows.ts";
import { SpdyStream } from "./stream.ts";

/** Bytes that a stream may hold for its reader before the whole connection waits for it. */
const readAhead = 1024 * 1024;
/** Payload of one data frame at most, so that streams take turns on the connection. */
const maxDataLength = 64 * 1024;
/** A window update is sent for this many bytes at a time. */
const updateStep = 32 * 1024;
/** How often a connection that is not being read is probed: a write is what shows that the peer has gone. */
const probeInterval = 10_000;
/** How long a peer may take to close after everything has been sent: somebody may be paging through the output. */
const farewell = 5 * 60_000;

interface WaitingSend {
  data: Buffer;
  fin: boolean;
  done: (error?: Error | null) => void;
}

export class SpdySession {
  readonly #transport: Duplex;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #clock: Clock;
  readonly #reader = new FrameReader();
  readonly #decoder = new HeaderBlockDecoder();
  readonly #encoder = new HeaderBlockEncoder();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #windows = new SendWindows();
  readonly #waiting = new Map<number, WaitingSend>();
  readonly #closing = new AbortController();
  #lastStreamId = 0;
  #pingId = 0;
  #unacknowledged = 0;
  readonly #unacknowledgedOf = new Map<number, number>();

  /** @param transport an open connection on which only SPDY frames follow. `run` must be called next. */
  constructor(transport: Duplex, onStream: (stream: SpdyStream) => void, clock: Clock = systemClock) {
    this.#transport = transport;
    this.#onStream = onStream;
    this.#clock = clock;
    // Without a listener an ECONNRESET would end the process; `close` follows and is what counts.
    transport.on("error", () => {});
    transport.once("close", () => this.#end());
  }

  /** Aborted when the connection is over. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Serves the connection until it is over. Never rejects: a peer that breaks the protocol is sent GOAWAY and closed. */
  async run(): Promise<void> {
    try {
      for await (const chunk of this.#transport.iterator({ destroyOnReturn: false })) {
        for (const frame of this.#reader.push(chunk as Buffer)) {
          // After the end what still comes is read only so that the peer gets to the end of what it was sent.
          if (!this.closed.aborted) await this.#handle(frame);
        }
      }
    } catch (error) {
      if (error instanceof SpdyError) this.#goAway(goAwayStatus.protocolError);
    }
    this.#end();
    this.#transport.end(() => this.#transport.destroy());
  }

  /** Waits until the peer has closed the connection, and closes it if that takes too long. */
  async finish(): Promise<void> {
    if (this.closed.aborted) return;
    const limit = this.#clock.after(farewell, () => this.#transport.destroy());
    await new Promise<void>((resolve) => this.closed.addEventListener("abort", () => resolve()));
    limit[Symbol.dispose]();
  }

  /** Ends the connection now: streams that are open are cut off. */
  destroy(): void {
    this.#goAway(goAwayStatus.ok);
    this.#end();
    this.#transport.end(() => this.#transport.destroy());
  }

  async #handle(frame: Frame): Promise<void> {
    switch (frame.type) {
      case "data":
        return this.#receiveData(frame);
      case "synStream":
        return this.#open(frame);
      case "synReply":
      case "headers":
        // Nothing depends on them, but the decompressor must see every header block.
        await this.#decoder.decode(frame.headerBlock);
        return;
      case "rstStream":
        this.#streams.get(frame.streamId)?.receiveReset();
        return;
      case "ping":
        // Odd ids are the client's, to be sent back; even ones are the answers to ours.
        if (frame.id % 2 === 1) this.#write(encodeFrame(frame));
        return;
      case "settings":
        for (const { id, value } of frame.values) {
          if (id === initialWindowSizeSetting) this.#windows.setInitial(value);
        }
        this.#sendWaiting();
        return;
      case "windowUpdate":
        this.#windows.update(frame.streamId, frame.delta);
        this.#sendWaiting();
        return;
      case "goAway":
        // The peer opens no more streams; it closes the connection when those it has are over.
        return;
    }
  }

  async #open(frame: Frame & { type: "synStream" }): Promise<void> {
    const headers = await this.#decoder.decode(frame.headerBlock);
    if (frame.streamId % 2 === 0 || frame.streamId <= this.#lastStreamId) {
      this.#reset(frame.streamId, resetStatus.protocolError);
      return;
    }
    this.#lastStreamId = frame.streamId;
    const stream = new SpdyStream(frame.streamId, headers, {
      send: (id, data, fin, done) => this.#send(id, data, fin, done),
      closed: (id, reset) => this.#forget(id, reset),
    });
    this.#streams.set(stream.id, stream);
    this.#windows.open(stream.id);
    const headerBlock = this.#encoder.encode(new Map());
    this.#write(encodeFrame({ type: "synReply", streamId: stream.id, fin: false, headerBlock }));
    // Whoever uses the stream sees its end by `close`; an error here is never more than that.
    stream.on("error", () => {});
    this.#onStream(stream);
    if (frame.fin) stream.receive(Buffer.alloc(0), true);
  }

  async #receiveData(frame: Frame & { type: "data" }): Promise<void> {
    const stream = this.#streams.get(frame.streamId);
    // A stream that has ended here may have data under way from a peer that does not know yet.
    if (stream && !stream.receive(frame.data, frame.fin)) this.#reset(frame.streamId, resetStatus.protocolError);
    if (stream && stream.readableLength >= readAhead) await this.#lag(stream);
    this.#acknowledge(frame.streamId, frame.data.length);
  }

  /** Waits for the reader of a stream, with nothing read from the connection meanwhile. */
  async #lag(stream: SpdyStream): Promise<void> {
    let probe: Disposable | undefined;
    const again = () => {
      this.#pingId += 2;
      this.#write(encodeFrame({ type: "ping", id: this.#pingId }));
      probe = this.#clock.after(probeInterval, again);
    };
    probe = this.#clock.after(probeInterval, again);
    await stream.drained();
    probe[Symbol.dispose]();
  }

  #acknowledge(streamId: number, bytes: number): void {
    this.#unacknowledged += bytes;
    if (this.#unacknowledged >= updateStep) {
      this.#write(encodeFrame({ type: "windowUpdate", streamId: 0, delta: this.#unacknowledged }));
      this.#unacknowledged = 0;
    }
    if (!this.#streams.has(streamId)) return;
    const ofStream = (this.#unacknowledgedOf.get(streamId) ?? 0) + bytes;
    this.#unacknowledgedOf.set(streamId, ofStream >= updateStep ? 0 : ofStream);
    if (ofStream >= updateStep) this.#write(encodeFrame({ type: "windowUpdate", streamId, delta: ofStream }));
  }

  #send(streamId: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    if (this.closed.aborted) return done(new Error("the connection is closed"));
    const length = Math.min(data.length, maxDataLength, Math.max(0, this.#windows.allowance(streamId)));
    if (length === 0 && data.length > 0) {
      this.#waiting.set(streamId, { data, fin, done });
      return;
    }
    const last = length === data.length;
    this.#windows.sent(streamId, length);
    this.#transport.cork();
    this.#transport.write(dataHeader(streamId, length, fin && last));
    this.#transport.write(data.subarray(0, length), (error) => {
      if (error || last) return done(error);
      this.#send(streamId, data.subarray(length), fin, done);
    });
    this.#transport.uncork();
  }

  #sendWaiting(): void {
    for (const [streamId, { data, fin, done }] of this.#waiting) {
      if (this.#windows.allowance(streamId) <= 0) continue;
      this.#waiting.delete(streamId);
      this.#send(streamId, data, fin, done);
    }
  }

  #forget(streamId: number, reset: boolean): void {
    this.#streams.delete(streamId);
    this.#windows.close(streamId);
    this.#unacknowledgedOf.delete(streamId);
    const waiting = this.#waiting.get(streamId);
    this.#waiting.delete(streamId);
    waiting?.done(new Error("the stream is closed"));
    if (reset) this.#reset(streamId, resetStatus.cancel);
  }

  #reset(streamId: number, status: number): void {
    this.#write(encodeFrame({ type: "rstStream", streamId, status }));
  }

  #goAway(status: number): void {
    this.#write(encodeFrame({ type: "goAway", lastStreamId: this.#lastStreamId, status }));
  }

  #write(bytes: Buffer): void {
    if (!this.closed.aborted && this.#transport.writable) this.#transport.write(bytes);
  }

  #end(): void {
    if (this.closed.aborted) return;
    this.#closing.abort();
    for (const stream of this.#streams.values()) stream.receiveReset();
    this.#decoder[Symbol.dispose]();
  }
}
