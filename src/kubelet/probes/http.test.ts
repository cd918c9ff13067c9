import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { probeHttp } from "./http.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<number> {
  server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const target = (port: number, change: object = {}) => ({
  scheme: "http" as const,
  address: "127.0.0.1",
  port,
  path: "/healthz?x=1",
  headers: [],
  ...change,
});

test.each([
  [200, "success", "body"],
  [399, "success", "body"],
  [400, "failure", "HTTP probe failed with statuscode: 400"],
  [503, "failure", "HTTP probe failed with statuscode: 503"],
])("status %i: %s", async (status, result, output) => {
  const port = await serve((_, response) => response.writeHead(status).end("body"));
  expect(await probeHttp(target(port), 1_000)).toMatchObject({ result, output });
});

test("says who asks, and what it was told to say", async () => {
  let seen: unknown;
  const port = await serve((request, response) => {
    seen = [request.url, request.headers["user-agent"], request.headers.host, request.headers["x-a"]];
    response.end();
  });
  const headers = [
    { name: "host", value: "example.com" },
    { name: "X-A", value: "b" },
  ];
  await probeHttp(target(port, { headers }), 1_000);
  expect(seen).toEqual(["/healthz?x=1", "kube-probe/1.33", "example.com", "b"]);
});

test("follows redirects on the same host, and none to another", async () => {
  const port = await serve((request, response) => {
    if (request.url === "/ok") response.end("there");
    else if (request.url === "/away") response.writeHead(302, { location: "http://other.example/" }).end();
    else if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end();
    else response.writeHead(302, { location: "/ok" }).end();
  });
  expect(await probeHttp(target(port), 1_000)).toEqual({ result: "success", output: "there" });
  expect(await probeHttp(target(port, { path: "/away" }), 1_000)).toMatchObject({ result: "warning" });
  expect(await probeHttp(target(port, { path: "/loop" }), 1_000)).toEqual({
    result: "failure",
    output: `Get "http://127.0.0.1:${port}/loop": stopped after 10 redirects`,
  });
});

test("errors in Go's words", async () => {
  const url = (port: number) => `Get "http://127.0.0.1:${port}/healthz?x=1"`;
  expect(await probeHttp(target(9), 1_000)).toMatchObject({
    result: "failure",
    output: `${url(9)}: dial tcp 127.0.0.1:9: connect: connection refused`,
    refused: true,
  });
  const silent = await serve(() => {});
  expect(await probeHttp(target(silent), 50)).toMatchObject({
    output: `${url(silent)}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  });
  server?.closeAllConnections();
  server?.close();
  const rude = await serve((request) => request.socket.destroy());
  expect(await probeHttp(target(rude), 1_000)).toMatchObject({ output: `${url(rude)}: EOF` });
});
