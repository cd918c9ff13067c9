/** Looks for an endpoint that takes a request: the one whose turn it is, or that the client's cookie names, then the others. */
import type { ClientHttp2Session } from "node:http2";
import { cookieLine, positionByCookie } from "./affinity.ts";
import type { AskBackend } from "./decision.ts";
import type { RequestHead } from "./http1/head.ts";
import type { UpstreamConnection } from "./http1/upstream-connection.ts";
import { type Page, pages } from "./pages.ts";

/** Who looks for one. */
export interface Seeker {
  /** The client has gone, or has its answer. */
  readonly isDone: boolean;
  onConnection(connection: UpstreamConnection): void;
  onSession(session: ClientHttp2Session): void;
  /** @param page says why none takes it. */
  onNone(page: Page): void;
}

export class EndpointSearch {
  readonly #asked: AskBackend;
  readonly #host: string;
  readonly #seeker: Seeker;
  #position: number;
  /** Endpoints that have been tried. */
  #tried = 0;
  #needsCookie: boolean;

  constructor(asked: AskBackend, { host, cookie }: Pick<RequestHead, "host" | "cookie">, seeker: Seeker) {
    const { route, backend } = asked;
    this.#asked = asked;
    this.#host = host;
    this.#seeker = seeker;
    const sticky = route.options.affinity ? positionByCookie(route, backend, cookie) : undefined;
    this.#needsCookie = route.options.affinity !== undefined && sticky === undefined;
    this.#position = sticky ?? backend.next();
  }

  /** The endpoint that is tried, or was found: `10.244.0.5:80`. */
  get name(): string {
    return this.#asked.backend.nameOf(this.#position);
  }

  /** The header line that lets the client come back to the endpoint; empty where it is not wanted, or not new. */
  cookieLine(secure: boolean): string {
    return this.#needsCookie ? cookieLine(this.#asked.route, this.name, secure) : "";
  }

  connect(): void {
    const { backend } = this.#asked;
    if (backend.isHttp2) {
      void this.#connectHttp2();
      return;
    }
    const idle = backend.upstream(this.#position)?.takeIdle();
    if (idle) this.#seeker.onConnection(idle);
    else this.connectAfresh();
  }

  /** The same endpoint, but on a connection that has carried nothing yet. */
  connectAfresh(): void {
    const { backend, route } = this.#asked;
    const upstream = backend.upstream(this.#position);
    if (!upstream) {
      this.#tryNext("refused");
      return;
    }
    this.#tried++;
    upstream.connect(route.options.connectTimeoutMs, this.#host, (result) => {
      if ("connection" in result) {
        if (this.#seeker.isDone) upstream.release(result.connection);
        else this.#seeker.onConnection(result.connection);
      } else if (!this.#seeker.isDone) this.#tryNext(result.error);
    });
  }

  async #connectHttp2(): Promise<void> {
    const { backend, route } = this.#asked;
    this.#tried++;
    const session = await backend.http2(this.#position)?.session(route.options.connectTimeoutMs);
    if (this.#seeker.isDone) return;
    if (session) this.#seeker.onSession(session);
    else this.#tryNext("refused");
  }

  /** Nothing has been sent, so another endpoint may be asked. */
  #tryNext(error: "refused" | "timeout"): void {
    const { backend, route, service } = this.#asked;
    const { size } = backend;
    if (this.#tried < size && error === "refused") {
      this.#position = (this.#position + 1) % size;
      this.#needsCookie = route.options.affinity !== undefined;
      this.connect();
      return;
    }
    if (size === 0) this.#seeker.onNone(pages.noEndpoint(service));
    else this.#seeker.onNone(error === "timeout" ? pages.timeout(service) : pages.refused(service));
  }
}
