/** Two connections joined after an upgrade (WebSockets), until either ends. */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

interface End<T extends Duplex> {
  socket: T;
  /** What has come on it already. */
  heard: Buffer | undefined;
}

/** @param idleMs ends what is silent for so long; never if undefined. */
export function joinTunnel(client: End<Duplex>, upstream: End<Socket>, idleMs: number | undefined): void {
  const both = [client.socket, upstream.socket] as const;
  const end = (): void => {
    for (const socket of both) socket.destroy();
  };
  for (const socket of both) {
    socket.on("error", end);
    socket.once("close", end);
  }
  if (idleMs !== undefined) upstream.socket.setTimeout(idleMs, end);
  if (upstream.heard) client.socket.write(upstream.heard);
  if (client.heard) upstream.socket.write(client.heard);
  client.socket.pipe(upstream.socket);
  upstream.socket.pipe(client.socket);
}
