/** The client's end of a SPDY/3.1 session, frame by frame, for tests of the server's end. */
import type { Duplex } from "node:stream";
import { encodeFrame, type Frame } from "../../src/apiserver/streams/spdy/frame.ts";
import { FrameReader } from "../../src/apiserver/streams/spdy/frame-reader.ts";
import { HeaderBlockEncoder } from "../../src/apiserver/streams/spdy/header-block.ts";

export class SpdyClient {
  readonly frames: Frame[] = [];
  readonly #transport: Duplex;
  readonly #encoder = new HeaderBlockEncoder();
  #wake: () => void = () => {};
  #nextId = 1;

  constructor(transport: Duplex) {
    this.#transport = transport;
    const reader = new FrameReader();
    transport.on("error", () => {});
    transport.on("data", (chunk: Buffer) => {
      this.frames.push(...reader.push(chunk));
      this.#wake();
    });
  }

  open(headers: Record<string, string>, fin = false): number {
    const streamId = this.#nextId;
    this.#nextId += 2;
    this.openAs(streamId, headers, fin);
    return streamId;
  }

  openAs(streamId: number, headers: Record<string, string>, fin = false): void {
    const headerBlock = this.#encoder.encode(new Map(Object.entries(headers)));
    this.send({ type: "synStream", streamId, fin, unidirectional: false, headerBlock });
  }

  send(frame: Frame): void {
    this.#transport.write(encodeFrame(frame));
  }

  data(streamId: number, text: string | Buffer, fin = false): void {
    this.send({ type: "data", streamId, fin, data: Buffer.from(text) });
  }

  /** Waits until the frames received satisfy the condition. */
  async until(condition: (frames: readonly Frame[]) => boolean): Promise<void> {
    while (!condition(this.frames)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What has come on a stream so far. */
  received(streamId: number): Buffer {
    return Buffer.concat(
      this.frames.flatMap((frame) => (frame.type === "data" && frame.streamId === streamId ? [frame.data] : [])),
    );
  }

  ended(streamId: number): boolean {
    return this.frames.some((frame) => frame.type === "data" && frame.streamId === streamId && frame.fin);
  }

  close(): void {
    this.#transport.end();
  }
}
