// Answers every request with the host's name. On SIGTERM it tells its clients to close (`Connection: close`),
// finishes what is under way and then exits, so that a rolling update loses no request.
import { createServer } from "node:http";
import { Server } from "node:net";
import { hostname } from "node:os";

let stopping = false;
const server = createServer((request, response) => {
  if (stopping) response.setHeader("connection", "close");
  if (request.url === "/version") response.end(`${process.env.VERSION ?? "1"}\n`);
  else response.end(`${hostname()}\n`);
});
server.keepAliveTimeout = 0;
server.listen(Number(process.env.PORT ?? 9376), "0.0.0.0");

process.on("SIGTERM", () => {
  stopping = true;
  // Not http.Server's own close(): it ends idle keep-alive connections at once, on which a request may be under way.
  Server.prototype.close.call(server, () => process.exit(0));
  // Idle keep-alive connections get no request any more; those in use end with their next answer.
  setTimeout(() => server.closeIdleConnections(), 3000);
  setTimeout(() => process.exit(0), 10_000);
});
