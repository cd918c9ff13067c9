/** What an exchange says to, and hears from, the connection that its request is sent on, whatever is spoken there. */
import type { ResponseHead } from "./http1/head.ts";

export interface AnswerHandler {
  onHead(head: ResponseHead): void;
  onBody(piece: Buffer): void;
  /** All that has come so far has been handed over. */
  onFlush(): void;
  /** @param trailers flat list of names and values, in HTTP/2. */
  onEnd(trailers?: readonly string[]): void;
  onError(error: unknown): void;
  /** More of the request may be written. */
  onDrain(): void;
  /** Nothing has been written or read for as long as was allowed. */
  onTimeout(): void;
}

export interface UpstreamLeg {
  /** It has carried other requests before. */
  readonly isReused: boolean;
  /** Something of the answer has come. */
  readonly hasAnswered: boolean;
  /** The other side does not read what it is sent. */
  readonly isBacklogged: boolean;
  setTimeout(ms: number): void;
  /** @returns false when it is time to wait for `onDrain`. */
  write(data: Buffer): boolean;
  /** The request is complete. */
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}
