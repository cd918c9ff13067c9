/** One stream of a SPDY session, as a Duplex: ending the writable side half-closes it, destroying it resets it. */
import { Duplex } from "node:stream";
import type { Headers } from "./header-block.ts";

/** What a stream asks of its session. */
export interface StreamLink {
  send(streamId: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void;
  /** The stream is over; `reset` when the peer has to be told. */
  closed(streamId: number, reset: boolean): void;
}

export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #link: StreamLink;
  #sentFin = false;
  #receivedFin = false;
  #peerReset = false;
  #onRead: (() => void) | undefined;

  constructor(id: number, headers: Headers, link: StreamLink) {
    super({ allowHalfOpen: true, highWaterMark: 64 * 1024 });
    this.id = id;
    this.headers = headers;
    this.#link = link;
  }

  /** Bytes from the peer. @returns false once the peer has said that it would send no more. */
  receive(data: Buffer, fin: boolean): boolean {
    if (this.#receivedFin) return false;
    if (data.length > 0) this.push(data);
    if (fin) {
      this.#receivedFin = true;
      this.push(null);
    }
    return true;
  }

  /** The peer has reset the stream, or the connection is gone. */
  receiveReset(): void {
    this.#peerReset = true;
    this.destroy();
  }

  /** Resolves when somebody reads again, or nobody ever will. */
  async drained(): Promise<void> {
    if (this.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#onRead = resolve;
    });
    this.#onRead = undefined;
  }

  override _read(): void {
    this.#onRead?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#link.send(this.id, chunk, false, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#sentFin = true;
    this.#link.send(this.id, Buffer.alloc(0), true, callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#onRead?.();
    const complete = this.#sentFin && this.#receivedFin;
    this.#link.closed(this.id, !complete && !this.#peerReset);
    callback(error);
  }
}
