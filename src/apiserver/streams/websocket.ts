/** Upgrading to WebSocket (RFC 6455) with a subprotocol. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";

/** Longest message taken; clients send pieces of some kilobytes. */
const maxMessage = 16 * 1024 * 1024;
/** How long the peer may take to answer our close: it first reads all that was sent, at its reader's pace. */
const closeTimeout = 5 * 60_000;

/**
 * Completes the handshake.
 * @param protocol the subprotocol to answer with; empty where the client named none.
 * @param head what the client has sent already.
 * @returns paused, to be resumed when somebody listens; undefined when the client's handshake was wrong, which `ws` has then answered.
 */
export async function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
): Promise<WebSocket | undefined> {
  const options: ServerOptions & { closeTimeout: number } = {
    closeTimeout,
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessage,
  };
  const server = new WebSocketServer(options);
  if (protocol) server.on("headers", (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return await new Promise((resolve) => {
    socket.once("close", () => resolve(undefined));
    server.handleUpgrade(withoutProtocol(request), socket, head, (webSocket) => {
      // `close` follows every error and is what is waited for.
      webSocket.on("error", () => {});
      // Whoever gets it listens only after this promise has been waited for; messages may be here before that.
      webSocket.pause();
      resolve(webSocket);
    });
  });
}

/**
 * The request without the subprotocols it asks for. `ws` refuses the names that RFC 6455 does not allow, and
 * `SPDY/3.1+portforward.k8s.io`, with its slash, is one of them; which to use has been decided already.
 */
function withoutProtocol(request: IncomingMessage): IncomingMessage {
  const { "sec-websocket-protocol": _asked, ...headers } = request.headers;
  return Object.create(request, { headers: { value: headers } }) as IncomingMessage;
}
