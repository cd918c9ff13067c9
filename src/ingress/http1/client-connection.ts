/** A client's connection in HTTP/1.1: one request after the other, each an {@link Exchange}. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { sendAtOnce } from "../../machinery/no-delay.ts";
import { Exchange } from "../exchange.ts";
import type { ClientFacts, Front } from "../front.ts";
import type { Gateway } from "../gateway.ts";
import { type Page, pages } from "../pages.ts";
import { ChunkedBody, chunkOf, lastChunk } from "./chunks.ts";
import { BadMessage, checkBeginning, parseRequestHead, type RequestHead, type ResponseHead } from "./head.ts";

const longestHead = 64 * 1024;
const headEnd = Buffer.from("\r\n\r\n");
/** Without a request for so long, the connection ends. */
const idleMs = 75_000;
/** In so long a head must come, however slowly. As nginx' `client_header_timeout`. */
const headMs = 60_000;
/** For so long a client may go on sending what nobody reads, so that it sees the answer first. */
const lingerMs = 2_000;
/** Heads and small bodies go out in one piece. */
const smallBody = 16 * 1024;
const continueText = "HTTP/1.1 100 Continue\r\n\r\n";

export class ClientConnection implements Front {
  readonly client: ClientFacts;
  readonly isWire = true;
  readonly #gateway: Gateway;
  readonly #socket: Socket;
  readonly #closed: () => void;
  #exchange: Exchange | undefined;
  #request: RequestHead | undefined;
  /** What has come and is not read yet. */
  #pending: Buffer | undefined;
  /** Runs while a head has begun and is not whole, and while a client may still send what nobody reads. */
  #timer: NodeJS.Timeout | undefined;
  #bodyLeft = 0;
  #chunks: ChunkedBody | undefined;
  #bodyBytes = 0;
  #bodyDone = true;
  /** The exchange takes no more of the body for now. */
  #held = true;
  #reading = false;
  /** Head of the answer, until its body or its end comes. */
  #headText: string | undefined;
  #encodes = false;
  #keepAlive = false;
  #ended = false;
  #stopping = false;

  /** @param closed called once, when nothing is left of it. */
  constructor(gateway: Gateway, socket: Socket, client: ClientFacts, closed: () => void) {
    this.#gateway = gateway;
    this.#socket = socket;
    this.client = client;
    this.#closed = closed;
    socket.setTimeout(idleMs);
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    socket.on("timeout", this.#onTimeout);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
  }

  get protocol(): string {
    return this.#request?.minor === 0 ? "HTTP/1.0" : "HTTP/1.1";
  }

  get takesChunks(): boolean {
    return this.#request?.minor === 1;
  }

  /** Takes no further request. */
  stop(): void {
    this.#stopping = true;
    if (!this.#exchange) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** What came before there was a connection object. */
  hear(data: Buffer): void {
    this.#onData(data);
  }

  resumeRequest(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#readOn();
  }

  pauseRequest(): void {
    this.#held = true;
  }

  sendContinue(): void {
    this.#write(continueText);
  }

  sendHead({ status, reason, lines, framing }: ResponseHead): void {
    const request = this.#request;
    this.#encodes = framing.type === "close" && request?.minor === 1;
    const isOpenEnded = framing.type === "close" && !this.#encodes;
    this.#keepAlive = request?.keepAlive === true && this.#bodyDone && !isOpenEnded && !this.#stopping;
    let text = `HTTP/1.1 ${status} ${reason}\r\n${lines}`;
    if ((framing.type === "chunked" && request?.minor === 1) || this.#encodes) text += "Transfer-Encoding: chunked\r\n";
    if (framing.type === "chunked" && request?.minor === 0) this.#keepAlive = false;
    if (!this.#keepAlive) text += "Connection: close\r\n";
    else if (request?.minor === 0) text += "Connection: keep-alive\r\n";
    this.#headText = `${text}\r\n`;
  }

  sendBody(piece: Buffer): boolean {
    const data = this.#encodes ? chunkOf(piece) : piece;
    const head = this.#headText;
    if (head === undefined) return this.#write(data);
    this.#headText = undefined;
    if (data.length > smallBody) {
      this.#write(head);
      return this.#write(data);
    }
    const whole = Buffer.allocUnsafe(head.length + data.length);
    whole.write(head, 0, "latin1");
    data.copy(whole, head.length);
    return this.#write(whole);
  }

  flush(): void {
    if (this.#headText === undefined) return;
    this.#write(this.#headText);
    this.#headText = undefined;
  }

  endAnswer(): void {
    this.flush();
    if (this.#encodes) this.#write(lastChunk);
    this.#exchange = undefined;
    if (this.#keepAlive && this.#bodyDone && !this.#stopping) this.#readOn();
    else this.#linger();
  }

  abort(): void {
    this.#exchange = undefined;
    this.#socket.destroy();
  }

  takeOver({ reason, lines, upgrade }: ResponseHead): { socket: Socket; heard: Buffer | undefined } | undefined {
    const socket = this.#socket;
    if (socket.destroyed) return undefined;
    socket.off("data", this.#onData);
    socket.off("drain", this.#onDrain);
    socket.off("timeout", this.#onTimeout);
    socket.off("end", this.#onEnd);
    socket.setTimeout(0);
    this.#exchange = undefined;
    socket.setNoDelay();
    this.#write(`HTTP/1.1 101 ${reason}\r\n${lines}Connection: Upgrade\r\nUpgrade: ${upgrade ?? ""}\r\n\r\n`);
    return { socket, heard: this.#pending };
  }

  /** @param data text of a head, or content. */
  #write(data: Buffer | string): boolean {
    sendAtOnce(this.#socket);
    return typeof data === "string" ? this.#socket.write(data, "latin1") : this.#socket.write(data);
  }

  readonly #onData = (data: Buffer): void => {
    if (this.#ended) return;
    this.#pending = this.#pending ? Buffer.concat([this.#pending, data]) : data;
    this.#readOn();
  };

  readonly #onDrain = (): void => this.#exchange?.answerDrained();

  readonly #onTimeout = (): void => {
    // A slow backend has limits of its own; a client that does not read what it asked for has this one.
    if (!this.#exchange || this.#socket.writableNeedDrain) this.#socket.destroy();
  };

  /** As nginx does: a client that ends its side does not wait for the answer. */
  readonly #onEnd = (): void => {
    if (this.#exchange) this.#socket.destroy();
    else if (!this.#ended) this.#socket.end();
  };

  readonly #onError = (): void => void this.#socket.destroy();

  readonly #onClose = (): void => {
    this.#stopTimer();
    this.#exchange?.clientGone();
    this.#exchange = undefined;
    this.#closed();
  };

  /** Reads as far as possible: heads, and bodies as long as they are wanted. */
  #readOn(): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#pending && !this.#ended) if (!(this.#exchange ? this.#readBody() : this.#readHead())) break;
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#reading = false;
    }
    if (this.#ended) return;
    // What waits is not to grow without end: a body that is not wanted yet, requests ahead of their turn.
    const waits = this.#pending !== undefined && this.#exchange !== undefined;
    if (waits && !this.#socket.isPaused()) this.#socket.pause();
    else if (!waits && this.#socket.isPaused()) this.#socket.resume();
  }

  /** @returns false when more must come first. */
  #readHead(): boolean {
    let pending = this.#pending as Buffer;
    let start = 0;
    // Some clients end a body with an empty line too much (RFC 9112, section 2.2).
    while (pending[start] === 0x0d && pending[start + 1] === 0x0a) start += 2;
    if (start > 0) pending = pending.subarray(start);
    this.#pending = pending.length > 0 ? pending : undefined;
    const end = pending.indexOf(headEnd);
    if (end < 0) {
      if (pending.length > longestHead) throw new BadMessage("the head of the request is too long", 431);
      if (pending.length > 0) {
        checkBeginning(pending.toString("latin1"));
        this.#timer ??= setTimeout(() => this.#refuse(new BadMessage("the request did not come in time", 408)), headMs);
      }
      return false;
    }
    this.#stopTimer();
    if (end > longestHead) throw new BadMessage("the head of the request is too long", 431);
    const head = parseRequestHead(pending.toString("latin1", 0, end));
    const rest = end + headEnd.length;
    this.#pending = rest < pending.length ? pending.subarray(rest) : undefined;
    this.#request = head;
    this.#bodyBytes = 0;
    this.#held = true;
    this.#bodyDone = head.framing.type === "none";
    this.#bodyLeft = head.framing.type === "length" ? head.framing.length : 0;
    this.#chunks = head.framing.type === "chunked" ? new ChunkedBody() : undefined;
    this.#exchange = new Exchange(this.#gateway, this, head);
    this.#exchange.start();
    return true;
  }

  /** @returns false when nothing can be read now. */
  #readBody(): boolean {
    const exchange = this.#exchange;
    const pending = this.#pending;
    if (this.#held || this.#bodyDone || !exchange || !pending) return false;
    if (this.#chunks) {
      const { wantsWire } = exchange;
      const pieces: Buffer[] = [];
      const end = this.#chunks.read(pending, 0, wantsWire ? undefined : (piece) => pieces.push(piece));
      this.#bodyDone = end >= 0;
      const taken = end < 0 ? pending.length : end;
      this.#pending = taken < pending.length ? pending.subarray(taken) : undefined;
      if (wantsWire) pieces.push(pending.subarray(0, taken));
      for (const piece of pieces) exchange.requestData(piece, this.#chunks.contentBytes);
    } else {
      const taken = Math.min(pending.length, this.#bodyLeft);
      this.#bodyLeft -= taken;
      this.#bodyBytes += taken;
      this.#bodyDone = this.#bodyLeft === 0;
      this.#pending = taken < pending.length ? pending.subarray(taken) : undefined;
      exchange.requestData(pending.subarray(0, taken), this.#bodyBytes);
    }
    if (this.#bodyDone) exchange.requestEnd();
    return true;
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #refuse(error: unknown): void {
    this.#stopTimer();
    const status = error instanceof BadMessage ? error.status : 400;
    const page = pages.bad(status, error instanceof Error ? error.message : "The request is not one of HTTP");
    this.#pending = undefined;
    if (this.#exchange) {
      this.#exchange.answer(page);
      return;
    }
    this.#answerPlainly(page);
  }

  /** To what is no request there is no exchange. */
  #answerPlainly({ status, lines, body }: Page): void {
    this.#socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
    this.#linger();
  }

  #linger(): void {
    this.#ended = true;
    this.#pending = undefined;
    this.#socket.end();
    if (this.#socket.destroyed) return;
    this.#socket.resume();
    this.#endLater();
  }

  /** What the client has not taken yet is not lost; one that takes nothing at all runs into the connection's own limit. */
  #endLater(): void {
    this.#timer = setTimeout(() => {
      if (this.#socket.writableLength > 0) this.#endLater();
      else this.#socket.destroy();
    }, lingerMs).unref();
  }
}
