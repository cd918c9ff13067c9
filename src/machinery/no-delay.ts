import type { Socket } from "node:net";

/**
 * To be called before each write to a TCP socket whose every piece is to go at once. Nagle's algorithm holds back only what
 * follows unacknowledged data: never the first write, which often is all there is and is spared the system call. Rule: RFC
 * 896, tcp(7) TCP_NODELAY.
 */
export function sendAtOnce(socket: Socket): void {
  if (socket.bytesWritten > 0) socket.setNoDelay();
}
