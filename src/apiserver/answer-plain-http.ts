/** Who speaks HTTP where HTTPS is meant is told so, in the words of Go's server, which is Kubernetes'. */
import type { Server } from "node:https";
import type { Socket } from "node:net";

/** OpenSSL's verdict on a connection that begins with `GET `, `HEAD `, `POST ` or `PUT `. */
const looksLikeHttp = "ERR_SSL_HTTP_REQUEST";

const answer = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/** Looks at nothing until a handshake has failed: connections that speak TLS are as quick as before. */
export function answerPlainHttp(server: Server): void {
  // An answer in clear text goes past TLS, straight to the connection underneath.
  const connections = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  server.on("tlsClientError", (error: NodeJS.ErrnoException, { remoteAddress, remotePort }) => {
    if (error.code !== looksLikeHttp) return;
    for (const socket of connections) {
      if (socket.remotePort === remotePort && socket.remoteAddress === remoteAddress) socket.end(answer);
    }
  });
}
