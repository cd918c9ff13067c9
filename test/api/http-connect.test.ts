/** How requests for streams reach their connectors: authenticated, authorized, taken apart, and otherwise untouched. */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Connector, ConnectRequest } from "../../src/apiserver/streams/connector.ts";
import { kinds } from "../../src/kinds/index.ts";
import { startHttpServer, type TestHttpServer } from "../support/http-server.ts";

const path = "/api/v1/namespaces/default/pods/p";

/** Answers with what it was handed; upgraded, it sends every byte back. */
const echo: Connector = {
  async handle(asked, response) {
    let body = "";
    for await (const chunk of asked.raw) body += String(chunk);
    response.end(JSON.stringify({ ...described(asked), body }));
  },
  async upgrade(asked, socket, head) {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    socket.write(`${JSON.stringify(described(asked))}\n`);
    socket.write(head);
    socket.pipe(socket);
  },
};

function described({ namespace, name, query, user, raw }: ConnectRequest) {
  return { namespace, name, query: [...query], user: user.name, method: raw.method };
}

function upgrade(
  server: TestHttpServer,
  target: string,
  headers: Record<string, string> = {},
): Promise<{ socket?: Duplex; response: IncomingMessage; head: Buffer }> {
  const { authority, admin } = server.certificates;
  return new Promise((resolve, reject) => {
    request({
      host: "127.0.0.1",
      port: server.port,
      path: target,
      method: "POST",
      ca: authority,
      cert: admin.certificate,
      key: admin.key,
      agent: false,
      headers: { connection: "Upgrade", upgrade: "echo", ...headers },
    })
      .on("error", reject)
      .on("response", (response) => resolve({ response, head: Buffer.alloc(0) }))
      .on("upgrade", (response, socket, head) => resolve({ socket, response, head }))
      .end();
  });
}

async function statusOf(response: IncomingMessage): Promise<{ code: number; message: string }> {
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return JSON.parse(text) as { code: number; message: string };
}

describe("connectors", () => {
  it("get the request whole, its body unread", async () => {
    await using server = await startHttpServer(kinds, { connectors: { "pods/log": echo, "pods/exec": echo } });
    const log = await server.request("GET", `${path}/log?container=c&tailLines=5`);
    expect(log.json).toEqual({
      namespace: "default",
      name: "p",
      query: [
        ["container", "c"],
        ["tailLines", "5"],
      ],
      user: "kubernetes-admin",
      method: "GET",
      body: "",
    });
    const exec = await server.request("POST", `${path}/exec?command=ls`, { body: "hello" });
    expect(exec.json).toMatchObject({ method: "POST", body: "hello" });
  });

  it("are asked only with the methods that discovery names", async () => {
    await using server = await startHttpServer(kinds, { connectors: { "pods/log": echo } });
    expect((await server.request("POST", `${path}/log`)).status).toBe(405);
    expect((await server.request("GET", `${path}/exec`)).status).toBe(405);
    expect((await server.request("GET", `${path}/nope`)).status).toBe(404);
  });

  it("take over the connection of an upgrade", async () => {
    await using server = await startHttpServer(kinds, { connectors: { "pods/exec": echo } });
    const { socket, response, head } = await upgrade(server, `${path}/exec?command=a&command=b`);
    expect(response.statusCode).toBe(101);
    if (!socket) throw new Error("no socket");
    let text = head.toString();
    socket.write("ping");
    while (!text.endsWith("ping")) text += String((await socket[Symbol.asyncIterator]().next()).value);
    expect(JSON.parse(text.split("\n")[0] ?? "")).toMatchObject({
      name: "p",
      query: [
        ["command", "a"],
        ["command", "b"],
      ],
      user: "kubernetes-admin",
    });
  });

  it("never see an upgrade that is not allowed", async () => {
    await using server = await startHttpServer(kinds, { connectors: { "pods/exec": echo } });
    const { response } = await upgrade(server, `${path}/exec`, { "impersonate-user": "ann" });
    expect(await statusOf(response)).toMatchObject({
      code: 403,
      message:
        'pods "p" is forbidden: User "ann" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    });
  });

  it("leave upgrades that nobody knows to the ordinary answer", async () => {
    await using server = await startHttpServer(kinds);
    const { authority, admin } = server.certificates;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({
        host: "127.0.0.1",
        port: server.port,
        path: "/version",
        ca: authority,
        cert: admin.certificate,
        key: admin.key,
        agent: false,
        headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "" },
      })
        .on("error", reject)
        .on("response", resolve)
        .end();
    });
    expect(answer.statusCode).toBe(200);
    expect(await statusOf(answer)).toMatchObject({ major: "1" });
  });
});
