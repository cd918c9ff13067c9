/**
 * One request and its answer: finds the route, answers what can be answered here, else sends the request on to an endpoint
 * and the answer back, as they come.
 */
import { STATUS_CODES } from "node:http";
import type { IngressOptions } from "../machinery/ingress-annotations.ts";
import { cookieLine, positionByCookie } from "./affinity.ts";
import type { BackendState } from "./backends.ts";
import { requestText } from "./forwarded.ts";
import type { Front } from "./front.ts";
import type { Gateway } from "./gateway.ts";
import { chunkOf, lastChunk } from "./http1/chunks.ts";
import type { RequestHead, ResponseHead } from "./http1/head.ts";
import type { UpstreamConnection } from "./http1/upstream-connection.ts";
import { forwardedHeaders } from "./http2/request-headers.ts";
import { Http2Leg } from "./http2/upstream.ts";
import type { AnswerHandler, UpstreamLeg } from "./leg.ts";
import { matchingPath, rewrittenTarget } from "./match.ts";
import { type Page, pages } from "./pages.ts";
import type { Route } from "./routes.ts";
import { joinTunnel } from "./tunnel.ts";
import { authenticate } from "./users.ts";

/** Asking again may do what was asked twice: only where that is the same as once (RFC 9110, section 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

type Timeouts = Pick<IngressOptions, "connectTimeoutMs" | "sendTimeoutMs" | "readTimeoutMs" | "tunnelTimeoutMs">;

const noTimeouts: Timeouts = { connectTimeoutMs: 0, sendTimeoutMs: 0, readTimeoutMs: 0 };

export class Exchange implements AnswerHandler {
  readonly #gateway: Gateway;
  readonly #front: Front;
  readonly #head: RequestHead;
  readonly #id: string;
  readonly #began: number;
  #route: Route | undefined;
  #backend: BackendState | undefined;
  #target = "";
  #user: string | undefined;
  #leg: UpstreamLeg | undefined;
  #position = 0;
  /** Endpoints that have been asked. */
  #tried = 0;
  #requestEnded: boolean;
  #requestBytes = 0;
  #answered = false;
  #status = 0;
  #bytes = 0;
  #newCookie = false;
  #done = false;

  constructor(gateway: Gateway, front: Front, head: RequestHead) {
    this.#gateway = gateway;
    this.#front = front;
    this.#head = head;
    this.#began = gateway.now();
    const { requestId } = head;
    this.#id = requestId && /^[\x21-\x7e]{1,128}$/.test(requestId) ? requestId : gateway.requestId();
    this.#requestEnded = head.framing.type === "none";
  }

  /** Whether the request's body is wanted as it is on the wire, in chunks; else as content. */
  get wantsWire(): boolean {
    return this.#front.isWire && this.#backend?.isHttp2 !== true;
  }

  start(): void {
    const here = this.#answerHere();
    if (here) this.answer(here);
    else this.#connect();
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
    const body = Buffer.from(page.body, "utf8");
    const isHead = this.#head.method === "HEAD";
    this.#sendHead({
      status: page.status,
      reason: STATUS_CODES[page.status] ?? "",
      minor: 1,
      lines: `${page.lines}Content-Length: ${body.length}\r\n`,
      framing: isHead ? { type: "none" } : { type: "length", length: body.length },
      keepAlive: true,
    });
    if (!isHead) this.onBody(body);
    this.#front.flush();
    this.onEnd();
  }

  /** @param contentBytes of content so far; chunks are longer on the wire. */
  requestData(piece: Buffer, contentBytes: number): void {
    if (this.#done || !this.#leg) return;
    this.#requestBytes += piece.length;
    const { bodyLimit } = this.#route?.options ?? {};
    if (bodyLimit !== undefined && contentBytes > bodyLimit) {
      this.answer(pages.tooLarge(bodyLimit));
      return;
    }
    const inChunks = !this.#front.isWire && this.#backend?.isHttp2 !== true && this.#head.framing.type === "chunked";
    if (!this.#leg.write(inChunks ? chunkOf(piece) : piece)) this.#front.pauseRequest();
  }

  requestEnd(): void {
    if (this.#done || this.#requestEnded || !this.#leg) return;
    this.#requestEnded = true;
    const { readTimeoutMs } = this.#optionsOrNone();
    if (!this.#front.isWire && this.#backend?.isHttp2 !== true && this.#head.framing.type === "chunked") {
      this.#leg.write(lastChunk);
    }
    this.#leg.setTimeout(readTimeoutMs);
    this.#leg.end();
  }

  /** The client has gone: nobody waits for the answer. */
  clientGone(): void {
    if (this.#done) return;
    this.#leg?.destroy();
    this.#leg = undefined;
    // As nginx logs it.
    if (!this.#answered) this.#status = 499;
    this.#finish();
  }

  answerDrained(): void {
    this.#leg?.resume();
  }

  onHead(head: ResponseHead): void {
    if (this.#done) return;
    if (head.status === 101 && this.#leg) {
      this.#upgrade(head);
      return;
    }
    this.#sendHead(head);
  }

  onBody(piece: Buffer): void {
    this.#bytes += piece.length;
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
    const service = this.#route?.backend?.service ?? "";
    const mayRepeat = idempotent.has(this.#head.method) && this.#requestBytes === 0 && this.#requestEnded;
    // It was closed while the request was on its way, as idle connections are: a fresh one tells.
    if (leg?.isReused && !leg.hasAnswered && !this.#answered && mayRepeat) this.#connectAfresh();
    else this.answer(pages.badAnswer(service));
  }

  onDrain(): void {
    this.#front.resumeRequest();
  }

  onTimeout(): void {
    const service = this.#route?.backend?.service ?? "";
    if (!this.#requestEnded && this.#leg && !this.#leg.isBacklogged) {
      this.answer(pages.bad(408, "The request did not come in time"));
    } else this.answer(pages.timeout(service));
  }

  #answerHere(): Page | undefined {
    const { client } = this.#front;
    const { host, target, authority, framing } = this.#head;
    const query = target.indexOf("?");
    const path = matchingPath(query < 0 ? target : target.slice(0, query));
    if (path === undefined) return pages.bad(400, "The path is not well formed");
    const isLocal = client.address.startsWith("127.") || client.address === "::1";
    const route = this.#gateway.route(host, path, isLocal);
    if (!route) return pages.noRoute(host, path);
    this.#route = route;
    const { options, backend, users } = route;
    if (route.toHttps && !client.secure) {
      const { httpsPort } = this.#gateway;
      return pages.redirect(`https://${host || authority}${httpsPort === 443 ? "" : `:${httpsPort}`}${target}`);
    }
    if (users === "missing") return pages.noUsers(route.owner);
    if (users) {
      this.#user = authenticate(users, this.#head.authorization);
      if (this.#user === undefined) return pages.unauthorized(options.authRealm);
    }
    const { bodyLimit } = options;
    if (bodyLimit !== undefined && framing.type === "length" && framing.length > bodyLimit) {
      return pages.tooLarge(bodyLimit);
    }
    if (!backend) return pages.noBackend(route.owner);
    this.#backend = this.#gateway.backends.get(backend, options.protocol);
    if (!this.#backend) return pages.noService(backend.service, backend.port, route.owner);
    if (this.#backend.size === 0) return pages.noEndpoint(backend.service);
    this.#target = rewrittenTarget(route, target, path);
    this.#choose(route, this.#backend);
    return undefined;
  }

  #choose(route: Route, backend: BackendState): void {
    const sticky = route.options.affinity ? positionByCookie(route, backend, this.#head.cookie) : undefined;
    this.#newCookie = route.options.affinity !== undefined && sticky === undefined;
    this.#position = sticky ?? backend.next();
  }

  #connect(): void {
    if (this.#backend?.isHttp2) {
      void this.#connectHttp2();
      return;
    }
    const idle = this.#backend?.upstream(this.#position)?.takeIdle();
    if (idle) this.#send(idle);
    else this.#connectAfresh();
  }

  #connectAfresh(): void {
    const upstream = this.#backend?.upstream(this.#position);
    if (!upstream) {
      this.#tryNext("refused");
      return;
    }
    this.#tried++;
    upstream.connect(this.#optionsOrNone().connectTimeoutMs, this.#head.host, (result) => {
      if ("connection" in result) {
        if (this.#done) upstream.release(result.connection);
        else this.#send(result.connection);
      } else if (!this.#done) this.#tryNext(result.error);
    });
  }

  async #connectHttp2(): Promise<void> {
    const upstream = this.#backend?.http2(this.#position);
    this.#tried++;
    const { connectTimeoutMs, sendTimeoutMs, readTimeoutMs } = this.#optionsOrNone();
    const session = await upstream?.session(connectTimeoutMs);
    if (this.#done) return;
    if (!session) {
      this.#tryNext("refused");
      return;
    }
    const headers = forwardedHeaders(this.#head, this.#target, this.#front.client, this.#id);
    try {
      this.#leg = new Http2Leg(session, headers, this, this.#requestEnded ? readTimeoutMs : sendTimeoutMs);
    } catch {
      // The session ends just now, or a header is none of HTTP/2.
      this.answer(pages.badAnswer(this.#route?.backend?.service ?? ""));
      return;
    }
    this.#letBodyCome(this.#leg);
  }

  /** Nothing has been sent, so another endpoint may be asked. */
  #tryNext(error: "refused" | "timeout"): void {
    const size = this.#backend?.size ?? 0;
    if (this.#tried < size && error === "refused") {
      this.#position = (this.#position + 1) % size;
      this.#newCookie = this.#route?.options.affinity !== undefined;
      this.#connect();
      return;
    }
    const service = this.#route?.backend?.service ?? "";
    if (size === 0) this.answer(pages.noEndpoint(service));
    else this.answer(error === "timeout" ? pages.timeout(service) : pages.refused(service));
  }

  #send(connection: UpstreamConnection): void {
    const { readTimeoutMs, sendTimeoutMs } = this.#optionsOrNone();
    this.#leg = connection;
    connection.begin(
      this,
      this.#head.method,
      !this.#front.takesChunks,
      this.#requestEnded ? readTimeoutMs : sendTimeoutMs,
    );
    connection.writeText(requestText(this.#head, this.#target, this.#front.client, this.#id));
    this.#letBodyCome(connection);
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
    this.#status = head.status;
    const { client } = this.#front;
    const cookie =
      this.#newCookie && this.#route && this.#backend && this.#leg
        ? cookieLine(this.#route, this.#backend.nameOf(this.#position), client.secure)
        : "";
    this.#front.sendHead(cookie ? { ...head, lines: head.lines + cookie } : head);
  }

  #upgrade(head: ResponseHead): void {
    const connection = this.#leg as UpstreamConnection;
    this.#leg = undefined;
    const upstream = connection.takeSocket();
    const client = this.#front.takeOver(head);
    this.#status = head.status;
    this.#answered = true;
    if (client) joinTunnel(client, upstream, this.#optionsOrNone().tunnelTimeoutMs);
    else upstream.socket.destroy();
    this.#finish();
  }

  #optionsOrNone(): Timeouts {
    return this.#route?.options ?? noTimeouts;
  }

  #finish(): void {
    this.#done = true;
    const head = this.#head;
    this.#gateway.log({
      address: this.#front.client.address,
      user: this.#user,
      method: head.method,
      target: head.target,
      protocol: this.#front.protocol,
      status: this.#status,
      bytes: this.#bytes,
      referer: head.referer,
      userAgent: head.userAgent,
      host: head.host,
      milliseconds: this.#gateway.now() - this.#began,
      owner: this.#route?.owner,
      upstream: this.#backend?.nameOf(this.#position),
      requestId: this.#id,
    });
  }
}
