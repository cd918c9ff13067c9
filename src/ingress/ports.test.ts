import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { expect, it } from "vitest";
import { IngressPorts } from "./ports.ts";

function occupy(host: string): Promise<{ port: number; server: Server }> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, host, () => resolve({ port: (server.address() as AddressInfo).port, server }));
  });
}

it("takes others where those that are wanted are taken, on whatever address", async () => {
  const held = await occupy("127.0.0.1");
  const free = await occupy("0.0.0.0");
  await new Promise((resolve) => free.server.close(resolve));
  const ports = await IngressPorts.open([held.port, 0], [held.port, free.port]);
  expect(ports.http).toBe(free.port);
  expect(ports.https).not.toBe(free.port);
  ports.close();
  await expect(IngressPorts.open([held.port, 0], [])).rejects.toThrow("no port is free");
  held.server.close();
});

it("takes one that is free at every one of the addresses", async () => {
  const held = await occupy("127.0.0.2");
  const ports = await IngressPorts.open([held.port, 0], [], [["192.0.2.254"], ["127.0.0.1"]]);
  expect(ports.http).toBe(held.port);
  ports.close();
  await expect(IngressPorts.open([held.port, 0], [], [["127.0.0.1", "127.0.0.2"]])).rejects.toThrow("no port is free");
  held.server.close();
});

it("lets those wait who call before it serves", async () => {
  const ports = await IngressPorts.open([0, 0], []);
  const client = connect(ports.http, "127.0.0.1");
  client.write("hello");
  await new Promise((resolve) => client.once("connect", resolve));
  const heard = new Promise<string>((resolve) => {
    const serve = (socket: Socket): void => {
      socket.once("data", (data) => {
        resolve(data.toString());
        socket.destroy();
      });
    };
    setImmediate(() => ports.serve(serve, serve));
  });
  expect(await heard).toBe("hello");
  client.destroy();
  ports.close();
});
