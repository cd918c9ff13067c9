// The yardstick of the API benchmark: an HTTPS server in Node that reads a body and sends it back, and does nothing else.
import { readFileSync } from "node:fs";
import https from "node:https";
import { parse } from "yaml";

process.once("message", ({ kubeconfig }) => {
  // Any key and certificate will do: those of the client stand in for a server's.
  const { "client-certificate-data": cert, "client-key-data": key } = parse(readFileSync(kubeconfig, "utf8")).users[0]
    .user;
  const pem = Buffer.from(cert, "base64");
  const server = https.createServer({ cert: pem, key: Buffer.from(key, "base64") }, (request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      response.writeHead(201, { "content-type": "application/json", "content-length": body.length });
      response.end(body);
    });
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
});
