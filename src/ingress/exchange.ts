/** One request and its answer: answered here, or sent on to an endpoint and the answer back, as they come. */
import type { ClientHttp2Session } from "node:http2";
import { type AnswerHere, type AskBackend, decide } from "./decision.ts";
import { EndpointSearch, type Seeker } from "./endpoint-search.ts";
import { requestText } from "./forwarded.ts";
import type { Front } from "./front.ts";
import type { Gateway } from "./gateway.ts";
import { chunkOf, lastChunk } from "./http1/chunks.ts";
import type { RequestHead, ResponseHead } from "./http1/head.ts";
import type { UpstreamConnection } from "./http1/upstream-connection.ts";
import { forwardedHeaders } from "./http2/request-headers.ts";
import { Http2Leg } from "./http2/upstream.ts";
import type { AnswerHandler, UpstreamLeg } from "./leg.ts";
import { type Page, pages, responseHeadOf } from "./pages.ts";
import { RequestRecord } from "./request-record.ts";
import { joinTunnel } from "./tunnel.ts";

/** Asking again may do what was asked twice: only where that is the same as once (RFC 9110, section 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export class Exchange implements AnswerHandler, Seeker {
  readonly #front: Front;
  readonly #head: RequestHead;
  readonly #record: RequestRecord;
  readonly #decision: AnswerHere | AskBackend;
  /** A backend that is asked. */
  readonly #asked: AskBackend | undefined;
  #search: EndpointSearch | undefined;
  #leg: UpstreamLeg | undefined;
  #requestEnded: boolean;
  #requestBytes = 0;
  #answered = false;
  #done = false;

  constructor(gateway: Gateway, front: Front, head: RequestHead) {
    this.#front = front;
    this.#head = head;
    this.#record = new RequestRecord(gateway, front, head);
    this.#requestEnded = head.framing.type === "none";
    const decision = decide(gateway, front.client, head);
    this.#decision = decision;
    if (!decision.page) this.#asked = decision;
  }

  /** Whether the request's body is wanted as it is on the wire, in chunks; else as content. */
  get wantsWire(): boolean {
    return this.#front.isWire && this.#asked?.backend.isHttp2 !== true;
  }

  get isDone(): boolean {
    return this.#done;
  }

  start(): void {
    const decision = this.#decision;
    if (decision.page) {
      this.answer(decision.page);
      return;
    }
    this.#search = new EndpointSearch(decision, this.#head, this);
    this.#search.connect();
  }

  /** Answers with a page, if nothing has been answered yet; else there is nothing to do but to break off. */
  answer(page: Page): void {
    if (this.#done) return;
    this.#leg?.destroy();
    this.#leg = undefined;
    if (this.#answered) {
      this.#front.abort();
      this.#finish();
      return;
    }
    const isHead = this.#head.method === "HEAD";
    const body = Buffer.from(page.body, "utf8");
    this.#sendHead(responseHeadOf(page, body.length, isHead));
    if (!isHead) this.onBody(body);
    this.#front.flush();
    this.onEnd();
  }

  /** @param contentBytes of content so far; chunks are longer on the wire. */
  requestData(piece: Buffer, contentBytes: number): void {
    if (this.#done || !this.#leg) return;
    this.#requestBytes += piece.length;
    const { bodyLimit } = this.#asked?.route.options ?? {};
    if (bodyLimit !== undefined && contentBytes > bodyLimit) {
      this.answer(pages.tooLarge(bodyLimit));
      return;
    }
    if (!this.#leg.write(this.#makesChunks ? chunkOf(piece) : piece)) this.#front.pauseRequest();
  }

  requestEnd(): void {
    if (this.#done || this.#requestEnded || !this.#leg) return;
    this.#requestEnded = true;
    if (this.#makesChunks) this.#leg.write(lastChunk);
    this.#leg.setTimeout(this.#asked?.route.options.readTimeoutMs ?? 0);
    this.#leg.end();
  }

  /** The client has gone: nobody waits for the answer. */
  clientGone(): void {
    if (this.#done) return;
    this.#leg?.destroy();
    this.#leg = undefined;
    // As nginx logs it.
    if (!this.#answered) this.#record.status = 499;
    this.#finish();
  }

  answerDrained(): void {
    this.#leg?.resume();
  }

  onConnection(connection: UpstreamConnection): void {
    if (!this.#asked) return;
    this.#leg = connection;
    connection.begin(this, this.#head.method, !this.#front.takesChunks, this.#firstTimeoutMs(this.#asked));
    connection.writeText(requestText(this.#head, this.#asked.target, this.#front.client, this.#record.id));
    this.#letBodyCome(connection);
  }

  onSession(session: ClientHttp2Session): void {
    if (!this.#asked) return;
    const headers = forwardedHeaders(this.#head, this.#asked.target, this.#front.client, this.#record.id);
    try {
      this.#leg = new Http2Leg(session, headers, this, this.#firstTimeoutMs(this.#asked));
    } catch {
      // The session ends just now, or a header is none of HTTP/2.
      this.answer(pages.badAnswer(this.#service));
      return;
    }
    this.#letBodyCome(this.#leg);
  }

  onNone(page: Page): void {
    this.answer(page);
  }

  onHead(head: ResponseHead): void {
    if (this.#done) return;
    if (head.status !== 101) this.#sendHead(head);
    // Whoever has not asked to go over to another protocol would take what comes then for an answer.
    else if (this.#head.upgrade === undefined) this.answer(pages.badAnswer(this.#service));
    else if (this.#leg) this.#upgrade(head, this.#leg as UpstreamConnection);
  }

  onBody(piece: Buffer): void {
    this.#record.bytes += piece.length;
    if (!this.#front.sendBody(piece)) this.#leg?.pause();
  }

  onFlush(): void {
    this.#front.flush();
  }

  onEnd(trailers?: readonly string[]): void {
    if (this.#done) return;
    this.#leg = undefined;
    this.#finish();
    this.#front.endAnswer(trailers);
  }

  onError(): void {
    if (this.#done) return;
    const leg = this.#leg;
    this.#leg = undefined;
    const mayRepeat = idempotent.has(this.#head.method) && this.#requestBytes === 0 && this.#requestEnded;
    // It was closed while the request was on its way, as idle connections are: a fresh one tells.
    if (leg?.isReused && !leg.hasAnswered && !this.#answered && mayRepeat) this.#search?.connectAfresh();
    else this.answer(pages.badAnswer(this.#service));
  }

  onDrain(): void {
    this.#front.resumeRequest();
  }

  onTimeout(): void {
    if (!this.#requestEnded && this.#leg && !this.#leg.isBacklogged) {
      this.answer(pages.bad(408, "The request did not come in time"));
    } else this.answer(pages.timeout(this.#service));
  }

  get #service(): string {
    return this.#asked?.service ?? "";
  }

  /** The client's chunks are not passed on as they are, but the backend is to get chunks. */
  get #makesChunks(): boolean {
    return !this.#front.isWire && this.#asked?.backend.isHttp2 !== true && this.#head.framing.type === "chunked";
  }

  #firstTimeoutMs({ route }: AskBackend): number {
    return this.#requestEnded ? route.options.readTimeoutMs : route.options.sendTimeoutMs;
  }

  #letBodyCome(leg: UpstreamLeg): void {
    if (this.#requestEnded) leg.end();
    else {
      if (this.#head.expectsContinue) this.#front.sendContinue();
      this.#front.resumeRequest();
    }
  }

  #sendHead(head: ResponseHead): void {
    this.#answered = true;
    this.#record.status = head.status;
    const cookie = (this.#leg && this.#search?.cookieLine(this.#front.client.secure)) ?? "";
    this.#front.sendHead(cookie ? { ...head, lines: head.lines + cookie } : head);
  }

  #upgrade(head: ResponseHead, connection: UpstreamConnection): void {
    this.#leg = undefined;
    const upstream = connection.takeSocket();
    const client = this.#front.takeOver(head);
    this.#record.status = head.status;
    this.#answered = true;
    if (client) joinTunnel(client, upstream, this.#asked?.route.options.tunnelTimeoutMs);
    else upstream.socket.destroy();
    this.#finish();
  }

  #finish(): void {
    this.#done = true;
    this.#record.log(this.#decision, this.#search?.name);
  }
}
