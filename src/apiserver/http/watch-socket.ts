/** Watches over a WebSocket: one text message per event. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import type { HttpParts, ResourceExchange } from "./exchange.ts";
import { runWatch } from "./watch-stream.ts";

let server: WebSocketServer | undefined;

/** The library is loaded when the first WebSocket comes: kubectl needs none for watches. */
async function webSocketServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import("ws");
  server ??= new WebSocketServer({ noServer: true, clientTracking: false });
  return server;
}

export async function watchOverWebSocket(
  parts: HttpParts,
  exchange: ResourceExchange,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const sockets = await webSocketServer();
  const webSocket = await new Promise<import("ws").WebSocket>((resolve) => {
    sockets.handleUpgrade(request, socket, head, resolve);
  });
  webSocket.on("error", () => webSocket.terminate());
  try {
    await runWatch(parts, exchange, {
      open() {},
      write: (line) => webSocket.send(line, { binary: false }),
      get pending() {
        return webSocket.bufferedAmount;
      },
      end: () => webSocket.close(1000),
      destroy: () => webSocket.terminate(),
      onClose: (listener) => void webSocket.on("close", listener),
    });
  } catch (error) {
    // Accepted already: all that is left is a reason in the closing frame, of at most 123 bytes.
    webSocket.close(1008, (error instanceof Error ? error.message : String(error)).slice(0, 120));
  }
}
