import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { forwardConnection } from "./forward-connection.ts";

const pod = { name: "web", uid: "1-2" };

test("what is said goes both ways, and Node sees no leak in it", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): unknown => warnings.push(warning);
  process.on("warning", note);
  const server = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const dial = async () => {
      // Listened to as the kubelet's connections are.
      const signal = new AbortController().signal;
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, signal });
      socket.once("error", () => {}).on("error", () => {});
      await once(socket, "connect");
      return socket;
    };
    const [fromClient, toClient] = [new PassThrough(), new PassThrough()];
    const heard = text(toClient);
    fromClient.end("hello");
    expect(await forwardConnection({ port, pod, connect: dial }, fromClient, toClient)).toBeUndefined();
    expect(await heard).toBe("hello");
    // Warnings are told on the next tick.
    await setImmediate();
    expect(warnings).toEqual([]);
  } finally {
    process.off("warning", note);
    server.close();
  }
});

test("who cannot be reached is named", async () => {
  const refuse = () => Promise.reject(new Error("connection refused"));
  const error = await forwardConnection({ port: 81, pod, connect: refuse }, new PassThrough(), new PassThrough());
  expect(error).toBe("error forwarding port 81 to pod web, uid 1-2: connection refused");
});
