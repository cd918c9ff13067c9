// Runs in a Pod: WebSockets on port 8080, gRPC (HTTP/2 without TLS) on port 50051. On SIGTERM it takes nothing new, finishes
// what is under way, and exits.
import { createServer } from "node:http";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { WebSocketServer } from "ws";

const bye = Buffer.from("bye");

const web = createServer((_, response) => response.end(`${hostname()}\n`));
new WebSocketServer({ server: web }).on("connection", (socket, { url, headers }) => {
  socket.send(JSON.stringify({ url, client: headers["x-forwarded-for"], scheme: headers["x-forwarded-proto"] }));
  socket.on("message", (message, isBinary) => {
    if (!isBinary && bye.equals(message)) socket.close(4001, "as you wish");
    else socket.send(message, { binary: isBinary });
  });
});
web.listen(8080, "0.0.0.0");

const { talker } = grpc.loadPackageDefinition(loadSync(fileURLToPath(new URL("./talker.proto", import.meta.url))));
const server = new grpc.Server();
server.addService(talker.Talker.service, {
  Say({ request, metadata }, answer) {
    if (request.text === "") return answer({ code: grpc.status.INVALID_ARGUMENT, details: "nothing to say: ä" });
    const trailers = new grpc.Metadata();
    trailers.set("heard-bin", Buffer.from(String(metadata.get("speaker")[0] ?? "")));
    answer(null, { text: `${hostname()} ${request.text}` }, trailers);
  },
  Count(call) {
    for (let number = 1; number <= call.request.value; number++) call.write({ text: String(number) });
    call.end();
  },
  Add(call, answer) {
    let value = 0;
    call.on("data", (number) => {
      value += number.value;
    });
    call.on("end", () => answer(null, { value }));
  },
  Talk(call) {
    call.on("data", (word) => call.write(word));
    call.on("end", () => call.end());
  },
});
server.bindAsync("0.0.0.0:50051", grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});

process.on("SIGTERM", () => {
  web.close();
  server.tryShutdown(() => process.exit(0));
});
