/** The client's side of an exchange, in HTTP/1.1 or HTTP/2. */
import type { Duplex } from "node:stream";
import type { ResponseHead } from "./http1/head.ts";

/** What is known of a connection. */
export interface ClientFacts {
  secure: boolean;
  /** IPv4 as such, not mapped into IPv6. */
  address: string;
  /** The port of this host that the client called. */
  port: number;
}

export interface Front {
  readonly client: ClientFacts;
  /** `HTTP/1.1`, `HTTP/2.0` */
  readonly protocol: string;
  /** Whether bodies are handed over in their chunks, as they are on the wire (HTTP/1.1), or as content. */
  readonly isWire: boolean;
  /** Whether an answer that comes in chunks can be passed on as it is. */
  readonly takesChunks: boolean;
  /** Lets more of the request's body come: calls `requestData` of the exchange, then `requestEnd`. */
  resumeRequest(): void;
  pauseRequest(): void;
  /** The client waits to hear that its body is wanted. */
  sendContinue(): void;
  sendHead(head: ResponseHead): void;
  /** @returns false when the client is slower; `answerDrained` of the exchange is called when more may come. */
  sendBody(piece: Buffer): boolean;
  /** All that has been handed over goes out. */
  flush(): void;
  endAnswer(trailers?: readonly string[]): void;
  /** The answer cannot be completed. */
  abort(): void;
  /** After an upgrade: the connection itself, with what the client has sent already. */
  takeOver(head: ResponseHead): { socket: Duplex; heard: Buffer | undefined } | undefined;
}
