import { createServer, type Socket } from "node:net";
import { connect } from "node:tls";
import { expect, it } from "vitest";
import { isWholeRecord, namesHost } from "./client-hello.ts";

/** What a real client begins with. */
async function helloFor(servername: string): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const called = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const client = connect({ host: "127.0.0.1", port, servername });
  client.on("error", () => {});
  const socket = await called;
  const hello = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

it.each([
  ["cafe.example.com", true],
  ["", false],
])("a client that asks for %j", async (name, named) => {
  const hello = await helloFor(name);
  expect(namesHost(hello)).toBe(named);
  expect(isWholeRecord(hello)).toBe(true);
  expect(isWholeRecord(hello.subarray(0, 100))).toBe(false);
  expect(isWholeRecord(hello.subarray(0, 2))).toBe(false);
  for (let length = 0; length < hello.length - 1; length++) namesHost(hello.subarray(0, length));
});

it("what is no TLS is left to TLS to refuse", () => {
  const text = Buffer.from("GET / HTTP/1.1\r\n");
  expect(isWholeRecord(text)).toBe(true);
  expect(namesHost(text)).toBe(false);
});
