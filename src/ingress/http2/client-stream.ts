/** One request of a client in HTTP/2. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import { Exchange } from "../exchange.ts";
import type { ClientFacts, Front } from "../front.ts";
import type { Gateway } from "../gateway.ts";
import { BadMessage, type RequestHead, type ResponseHead } from "../http1/head.ts";
import { headersOf } from "./headers.ts";
import { requestHeadOf } from "./request-headers.ts";

export class ClientStream implements Front {
  readonly client: ClientFacts;
  readonly protocol = "HTTP/2.0";
  readonly isWire = false;
  readonly takesChunks = false;
  readonly #stream: ServerHttp2Stream;
  readonly #exchange: Exchange;
  #bytes = 0;
  #trailers: readonly string[] | undefined;

  private constructor(gateway: Gateway, stream: ServerHttp2Stream, client: ClientFacts, head: RequestHead) {
    this.client = client;
    this.#stream = stream;
    this.#exchange = new Exchange(gateway, this, head);
  }

  static serve(gateway: Gateway, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, client: ClientFacts): void {
    stream.on("error", () => {});
    try {
      const head = requestHeadOf(headers, !stream.endAfterHeaders);
      new ClientStream(gateway, stream, client, head).#begin();
    } catch (error) {
      if (stream.destroyed || stream.headersSent) return;
      stream.respond({ ":status": error instanceof BadMessage ? error.status : 400 }, { endStream: true });
    }
  }

  resumeRequest(): void {
    this.#stream.resume();
  }

  pauseRequest(): void {
    this.#stream.pause();
  }

  sendContinue(): void {
    if (!this.#stream.destroyed && !this.#stream.headersSent) this.#stream.additionalHeaders({ ":status": 100 });
  }

  sendHead({ status, lines, isComplete = false }: ResponseHead): void {
    if (this.#stream.destroyed || this.#stream.headersSent) return;
    try {
      this.#stream.respond(
        { ...headersOf(lines), ":status": status },
        { endStream: isComplete, waitForTrailers: !isComplete },
      );
    } catch {
      // Node refuses headers that HTTP/2 does not know; a backend is not to end the process with them.
      this.abort();
    }
  }

  sendBody(piece: Buffer): boolean {
    return this.#stream.destroyed || this.#stream.write(piece);
  }

  flush(): void {}

  endAnswer(trailers?: readonly string[]): void {
    this.#trailers = trailers;
    this.#stream.end();
    // The rest of a request that is answered already.
    this.#stream.resume();
  }

  abort(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** Nothing is upgraded in HTTP/2. */
  takeOver(): undefined {
    this.abort();
    return undefined;
  }

  #begin(): void {
    const stream = this.#stream;
    const exchange = this.#exchange;
    stream.pause();
    stream.on("data", (piece: Buffer) => {
      this.#bytes += piece.length;
      exchange.requestData(piece, this.#bytes);
    });
    stream.on("end", () => exchange.requestEnd());
    stream.on("drain", () => exchange.answerDrained());
    stream.on("close", () => exchange.clientGone());
    stream.on("wantTrailers", () => {
      const trailers: Record<string, string> = {};
      const list = this.#trailers ?? [];
      for (let i = 0; i + 1 < list.length; i += 2) trailers[list[i] ?? ""] = list[i + 1] ?? "";
      try {
        stream.sendTrailers(trailers);
      } catch {
        // As with the headers.
        this.abort();
      }
    });
    exchange.start();
  }
}
