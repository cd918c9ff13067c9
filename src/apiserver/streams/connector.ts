/**
 * How the HTTP layer hands over a request for something inside a running Pod (`pods/exec`, `pods/log`, …). It has
 * authenticated and authorized the caller and taken the path apart; everything after that, the upgrade included, is
 * the connector's.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { User } from "../api.ts";

export interface ConnectRequest {
  namespace: string;
  /** Of the Pod (or the Service). */
  name: string;
  /** Query parameters as sent: `command` and `container` of exec, `tailLines` of log, … */
  query: URLSearchParams;
  user: User;
  /** The request itself: method, headers, body. */
  raw: IncomingMessage;
}

/**
 * One connect subresource. Neither method ever rejects for what the client or the Pod did: errors known before the
 * connection is upgraded are answered as a `Status`, later ones in the protocol spoken by then.
 */
export interface Connector {
  /** A request without (or, from Node's `upgrade` event, before) an upgrade. Resolves when the answer is complete. */
  handle(request: ConnectRequest, response: ServerResponse): Promise<void>;
  /**
   * A request with `Connection: Upgrade`, from the `upgrade` event of the HTTP server. Resolves when the connection
   * has ended.
   * @param head bytes that the client sent after the request already.
   */
  upgrade?(request: ConnectRequest, socket: Duplex, head: Buffer): Promise<void>;
}
