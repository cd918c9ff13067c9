import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { attempt, type Handler } from "./handler.ts";

let server: Server | undefined;
const sources: (string | undefined)[] = [];
afterEach(() => {
  sources.length = 0;
  server?.close();
});

/** Answers everything with an HTTP status 200, and notes who came. */
async function serve(): Promise<number> {
  server = createServer((socket: Socket) => {
    sources.push(socket.remoteAddress);
    socket.on("error", () => {});
    socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const runtime = { exec: () => Promise.reject(new Error("not asked for")) };
const container = { name: "c" };

test.each<[string, (port: number) => Handler]>([
  ["httpGet", (port) => ({ httpGet: { port } })],
  ["tcpSocket", (port) => ({ tcpSocket: { port } })],
])("%s comes from the node's address, and from anywhere once the host has it no more", async (_, handler) => {
  const port = await serve();
  const target = { runtime, container, id: "i", podIp: "127.0.0.1" };
  expect(await attempt(handler(port), { ...target, from: "127.0.0.7" }, 2_000)).toMatchObject({ result: "success" });
  expect(await attempt(handler(port), { ...target, from: "192.0.2.1" }, 2_000)).toMatchObject({ result: "success" });
  await expect.poll(() => sources).toEqual(["127.0.0.7", "127.0.0.1"]);
});

test("a host that the probe names is called as the routes say", async () => {
  const port = await serve();
  const target = { runtime, container, id: "i", podIp: "192.0.2.9", from: "127.0.0.7" };
  await attempt({ tcpSocket: { host: "127.0.0.1", port } }, target, 2_000);
  await attempt({ httpGet: { host: "127.0.0.1", port } }, target, 2_000);
  await expect.poll(() => sources).toEqual(["127.0.0.1", "127.0.0.1"]);
});
