/** A backend that speaks HTTP/2 (gRPC): one session carries all its requests. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { Target } from "../endpoints.ts";
import type { Framing, ResponseHead } from "../http1/head.ts";
import type { AnswerHandler, UpstreamLeg } from "../leg.ts";
import { linesOf } from "./headers.ts";

export class Http2Upstream {
  readonly target: Target;
  readonly #secure: boolean;
  #session: ClientHttp2Session | undefined;
  #connecting: Promise<ClientHttp2Session | undefined> | undefined;

  constructor(target: Target, secure: boolean) {
    this.target = target;
    this.#secure = secure;
  }

  /** @returns undefined when nobody answers there in time. */
  session(timeoutMs: number): Promise<ClientHttp2Session | undefined> {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return Promise.resolve(this.#session);
    this.#connecting ??= this.#connect(timeoutMs).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** Streams that are open may finish. */
  retire(): void {
    this.#session?.close();
  }

  async #connect(timeoutMs: number): Promise<ClientHttp2Session | undefined> {
    const host = this.target.host.includes(":") ? `[${this.target.host}]` : this.target.host;
    const session = connect(`${this.#secure ? "https" : "http"}://${host}:${this.target.port}`, {
      rejectUnauthorized: false,
    });
    session.on("error", () => {});
    const connected = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      session.once("connect", () => resolve(true));
      session.once("close", () => resolve(false));
      session.once("connect", () => clearTimeout(timer));
      session.once("close", () => clearTimeout(timer));
    });
    if (!connected) {
      session.destroy();
      return undefined;
    }
    this.#session = session;
    // It is the requests that keep the process busy, not the connection.
    session.unref();
    return session;
  }
}

/** One request within the session. */
export class Http2Leg implements UpstreamLeg {
  readonly isReused = false;
  readonly #stream: ClientHttp2Stream;
  #heard = false;
  #done = false;

  constructor(session: ClientHttp2Session, headers: OutgoingHttpHeaders, handler: AnswerHandler, timeoutMs: number) {
    const stream = session.request(headers, { endStream: false });
    this.#stream = stream;
    let trailers: string[] | undefined;
    stream.on("response", (answer, flags) => {
      this.#heard = true;
      const isComplete = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      handler.onHead({ ...headOf(answer, String(headers[":method"])), ...(isComplete && { isComplete }) });
      handler.onFlush();
    });
    stream.on("data", (piece: Buffer) => {
      handler.onBody(piece);
      handler.onFlush();
    });
    stream.on("trailers", (answer) => {
      trailers = flat(answer);
    });
    stream.on("drain", () => handler.onDrain());
    stream.setTimeout(timeoutMs, () => handler.onTimeout());
    stream.on("end", () => {
      if (this.#done) return;
      this.#done = true;
      handler.onEnd(trailers);
    });
    stream.on("error", () => {});
    stream.on("close", () => {
      if (this.#done) return;
      this.#done = true;
      handler.onError(new Error(`the stream was closed with code ${stream.rstCode}`));
    });
  }

  get hasAnswered(): boolean {
    return this.#heard;
  }

  get isBacklogged(): boolean {
    return this.#stream.writableNeedDrain;
  }

  setTimeout(ms: number): void {
    this.#stream.setTimeout(ms);
  }

  write(data: Buffer): boolean {
    return this.#stream.write(data);
  }

  end(): void {
    this.#stream.end();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  destroy(): void {
    this.#done = true;
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }
}

function headOf(headers: IncomingHttpHeaders & IncomingHttpStatusHeader, method: string): ResponseHead {
  const status = headers[":status"] ?? 502;
  const length = Number(headers["content-length"] ?? Number.NaN);
  const isBodiless = method === "HEAD" || status === 204 || status === 304;
  const framing: Framing = isBodiless ? { type: "none" } : length >= 0 ? { type: "length", length } : { type: "close" };
  return { status, reason: "", minor: 1, lines: linesOf(flat(headers)), framing, keepAlive: true };
}

function flat(headers: IncomingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (name.startsWith(":") || value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).flatMap((one) => [name, one]);
  });
}
