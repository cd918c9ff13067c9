/** One HTTP/1.1 connection to a backend: a request at a time, its answer read as it comes. */
import type { Socket } from "node:net";
import type { AnswerHandler, UpstreamLeg } from "../leg.ts";
import { ChunkedBody } from "./chunks.ts";
import { endOfResponseHead, type Framing, parseResponseHead } from "./head.ts";

const longestHead = 128 * 1024;

/** To whom the connection goes back. */
interface Owner {
  release(connection: UpstreamConnection): void;
  forget(connection: UpstreamConnection): void;
}

export class UpstreamConnection implements UpstreamLeg {
  readonly #socket: Socket;
  readonly #owner: Owner;
  #handler: AnswerHandler | undefined;
  #method = "";
  /** Whether the handler wants content instead of chunks as they come. */
  #decode = false;
  #rest: Buffer | undefined;
  #framing: Framing | undefined;
  #left = 0;
  #chunks: ChunkedBody | undefined;
  #keepAlive = false;
  #requestEnded = false;
  #answerEnded = false;
  #requests = 0;
  /** Something of the present answer has come. */
  #heard = false;

  constructor(socket: Socket, owner: Owner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.removeAllListeners("error");
    socket.on("data", (data: Buffer) => this.#read(data));
    socket.on("drain", () => this.#handler?.onDrain());
    socket.on("timeout", () => (this.#handler ? this.#handler.onTimeout() : socket.destroy()));
    socket.on("end", () => this.#ended());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#ended());
  }

  get usable(): boolean {
    return !this.#socket.destroyed && this.#socket.writable && this.#socket.readable;
  }

  /** It has answered before, and may have been closed at the other end without our knowing. */
  get isReused(): boolean {
    return this.#requests > 1;
  }

  get hasAnswered(): boolean {
    return this.#heard;
  }

  get isBacklogged(): boolean {
    return this.#socket.writableNeedDrain;
  }

  begin(handler: AnswerHandler, method: string, decode: boolean, timeoutMs: number): void {
    this.#handler = handler;
    this.#method = method;
    this.#decode = decode;
    this.#framing = undefined;
    this.#requestEnded = false;
    this.#answerEnded = false;
    this.#heard = false;
    this.#requests++;
    this.setTimeout(timeoutMs);
  }

  setTimeout(ms: number): void {
    if (this.#socket.timeout !== ms) this.#socket.setTimeout(ms);
  }

  writeText(text: string): boolean {
    return this.#socket.write(text, "latin1");
  }

  write(data: Buffer): boolean {
    return this.#socket.write(data);
  }

  /** The request has been written whole. */
  end(): void {
    this.#requestEnded = true;
    if (this.#answerEnded) this.#giveBack();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#handler = undefined;
    this.#socket.destroy();
  }

  /** Waits for its next request. */
  rest(idleMs: number): void {
    this.setTimeout(idleMs);
    this.#socket.resume();
  }

  /** Hands the socket over to what is spoken after an upgrade. @returns it with what has come already. */
  takeSocket(): { socket: Socket; heard: Buffer | undefined } {
    const socket = this.#socket;
    this.#handler = undefined;
    for (const event of ["data", "drain", "timeout", "end", "error", "close"]) socket.removeAllListeners(event);
    socket.setTimeout(0);
    return { socket, heard: this.#rest };
  }

  #read(data: Buffer): void {
    if (!this.#handler) {
      // Nobody has asked for anything.
      this.#socket.destroy();
      return;
    }
    this.#heard = true;
    try {
      this.#readMessage(data);
      this.#handler?.onFlush();
    } catch (error) {
      const handler = this.#handler;
      this.destroy();
      handler?.onError(error);
    }
  }

  #readMessage(data: Buffer): void {
    let at = 0;
    while (!this.#framing) {
      const whole = this.#rest ? Buffer.concat([this.#rest, data.subarray(at)]) : data.subarray(at);
      this.#rest = undefined;
      const found = endOfResponseHead(whole);
      if (!found) {
        if (whole.length > longestHead) throw new Error("the head of the answer is too long");
        this.#rest = whole;
        return;
      }
      const head = parseResponseHead(whole.toString("latin1", 0, found.end), this.#method);
      data = whole;
      at = found.next;
      if (head.status === 101) {
        this.#rest = at < data.length ? data.subarray(at) : undefined;
        this.#framing = head.framing;
        this.#handler?.onHead(head);
        return;
      }
      // Told to go on, the client has been already; other news on the way are not passed on.
      if (head.status < 200) {
        if (at >= data.length) return;
        continue;
      }
      this.#framing = head.framing;
      this.#keepAlive = head.keepAlive;
      if (head.framing.type === "length") this.#left = head.framing.length;
      if (head.framing.type === "chunked") this.#chunks = new ChunkedBody();
      this.#handler?.onHead(head);
    }
    this.#readBody(data, at);
  }

  #readBody(data: Buffer, at: number): void {
    const handler = this.#handler;
    switch (this.#framing?.type) {
      case "none":
        return this.#finish(data.length - at);
      case "length": {
        const end = Math.min(data.length, at + this.#left);
        this.#left -= end - at;
        if (end > at) handler?.onBody(data.subarray(at, end));
        if (this.#left === 0) this.#finish(data.length - end);
        return undefined;
      }
      case "chunked": {
        if (at >= data.length) return undefined;
        const onContent = this.#decode ? (piece: Buffer) => handler?.onBody(piece) : undefined;
        const end = this.#chunks?.read(data, at, onContent) ?? -1;
        if (!this.#decode) handler?.onBody(data.subarray(at, end < 0 ? data.length : end));
        if (end >= 0) this.#finish(data.length - end);
        return undefined;
      }
      default:
        if (at < data.length) handler?.onBody(data.subarray(at));
        return undefined;
    }
  }

  /** @param excess bytes that belong to no answer. */
  #finish(excess: number): void {
    this.#answerEnded = true;
    if (excess > 0) this.#keepAlive = false;
    const handler = this.#handler;
    if (this.#requestEnded) this.#giveBack();
    handler?.onEnd();
    // An answer before the end of its request: what is still to be sent has no meaning any more.
    if (this.#handler === handler && !this.#requestEnded) this.destroy();
  }

  #giveBack(): void {
    this.#handler = undefined;
    if (this.#keepAlive) this.#owner.release(this);
    else this.#socket.destroy();
  }

  #ended(): void {
    const handler = this.#handler;
    if (!handler) {
      this.#owner.forget(this);
      this.#socket.destroy();
      return;
    }
    this.destroy();
    if (this.#framing?.type === "close") handler.onEnd();
    else handler.onError(new Error("the connection was closed before the answer was whole"));
  }
}
