/** Requests with `Connection: Upgrade`: streams into Pods, and watches over WebSockets. */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { answer, connectionOf, resourceExchange } from "./answer.ts";
import { type AppParts, exchangeOf } from "./app.ts";
import type { Exchange } from "./exchange.ts";
import { watchOverWebSocket } from "./watch-socket.ts";

/** From Node's `upgrade` event. Never rejects. */
export async function answerUpgrade(
  parts: AppParts,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  const response = responseOn(request, socket);
  await exchangeOf(parts, request, response, (exchange) => respond(parts, exchange, socket, head));
}

async function respond(parts: AppParts, exchange: Exchange, socket: Duplex, head: Buffer): Promise<void> {
  const about = resourceExchange(parts, exchange);
  const connection = about && connectionOf(parts, about);
  if (connection?.connector.upgrade) {
    exchange.response.detachSocket(socket as Socket);
    return connection.connector.upgrade(connection.request, socket, head);
  }
  const isWebSocket = exchange.request.headers.upgrade?.toLowerCase() === "websocket";
  if (about && isWebSocket && about.info.verb === "watch") {
    exchange.response.detachSocket(socket as Socket);
    return watchOverWebSocket(parts, about, exchange.request, socket, head);
  }
  // An upgrade that nobody here knows (h2c) may be passed over: RFC 9110, 7.8.
  return answer(parts, exchange);
}

/** Node hands over the bare socket; this answers on it as on any other request, and closes it then. */
function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // Sockets of an HTTP server are net.Sockets or TLSSockets.
  response.assignSocket(socket as Socket);
  response.on("finish", () => socket.end());
  return response;
}
