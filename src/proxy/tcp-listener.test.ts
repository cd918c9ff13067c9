import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { Balancer } from "./balancer.ts";
import { TcpListener } from "./tcp-listener.ts";

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A connection through the proxy to a server that does this with each of its own. */
async function through(serve: (socket: Socket) => void): Promise<Socket> {
  return (await proxied(serve)).client;
}

async function proxied(serve: (socket: Socket) => void): Promise<{ client: Socket; listener: TcpListener }> {
  const targetPort = await portOf(createServer({ allowHalfOpen: true }, serve));
  const free = createServer();
  const port = await portOf(free);
  free.close();
  await once(free, "close");
  const balancer = new Balancer();
  balancer.set({ targets: [{ ip: "127.0.0.1", port: targetPort }] });
  const listener = await TcpListener.listen("127.0.0.1", port, balancer);
  cleanUps.push(() => listener.destroy());
  const client = createConnection({ host: "127.0.0.1", port, allowHalfOpen: true });
  cleanUps.push(() => client.destroy());
  return { client, listener };
}

const data = randomBytes(16 * 2 ** 20);
const digest = (chunks: Iterable<Uint8Array>): string => {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
};

/** Reads to the end, a piece at a time with turns between, so that the other side must wait. */
async function readSlowly(socket: Socket, turns = 5): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Uint8Array);
    for (let turn = 0; turn < turns; turn++) await nextTurn();
  }
  return digest(chunks);
}

describe("TcpListener", () => {
  it("carries answers of any size to clients that read slowly", async () => {
    const client = await through((socket) => void socket.end(data));
    expect(await readSlowly(client)).toBe(digest([data]));
  });

  it("carries requests of any size to targets that read slowly, and the answer after the client's end", async () => {
    const client = await through((socket) => void readSlowly(socket).then((received) => socket.end(received)));
    client.end(data);
    const chunks: Uint8Array[] = [];
    for await (const chunk of client) chunks.push(chunk as Uint8Array);
    expect(Buffer.concat(chunks).toString()).toBe(digest([data]));
  });

  it("carries answers of any size to clients that have ended their side, and read slowly", async () => {
    const client = await through((socket) => socket.resume().once("end", () => socket.end(data)));
    client.end();
    expect(await readSlowly(client, 100)).toBe(digest([data]));
  });

  it("ends connections with the listener that are half closed", async () => {
    const sockets: Socket[] = [];
    const { client, listener } = await proxied((socket) => sockets.push(socket.on("error", () => {}).resume()));
    client.end();
    await expect.poll(() => sockets[0]?.readableEnded).toBe(true);
    const closed = once(client.resume(), "close");
    listener.destroy();
    await closed;
    // Nobody is there to hear it.
    await expect.poll(() => sockets.map((socket) => (socket.write("x"), socket.errored))).toEqual([expect.any(Error)]);
  });

  it("keeps what several connections send apart", async () => {
    const clients = await Promise.all([1, 2, 3].map((seed) => through((socket) => socket.end(data.subarray(seed)))));
    const received = await Promise.all(clients.map(readSlowly));
    expect(received).toEqual([1, 2, 3].map((seed) => digest([data.subarray(seed)])));
  });

  it("passes a reset of the target on", async () => {
    const client = await through((socket) => socket.once("data", () => socket.resetAndDestroy()));
    client.write("x");
    const [error] = (await once(client, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  });
});
