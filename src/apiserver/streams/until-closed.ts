import type { Duplex } from "node:stream";

/** A signal that aborts when the connection is over, whoever ends it and however. */
export function untilClosed(socket: Duplex): AbortSignal {
  const controller = new AbortController();
  if (socket.destroyed) controller.abort();
  socket.once("close", () => controller.abort());
  // An error is always followed by `close`; unheard it would end the process.
  socket.on("error", () => {});
  return controller.signal;
}
