/** `pods/proxy`: requests and upgraded connections through the API server. */
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { podProxyConnector } from "../../src/apiserver/streams/proxy-connector.ts";
import type { Client } from "../../src/machinery/client.ts";

const pod = { status: { podIP: "127.0.0.1" }, spec: { containers: [{ name: "app" }] } };
const client = { get: () => pod } as unknown as Pick<Client, "get">;

let api: Server;
let web: Server;
let url: string;

beforeAll(async () => {
  web = createServer((incoming, response) => {
    response.setHeader("x-seen", JSON.stringify({ ...incoming.headers, method: incoming.method, url: incoming.url }));
    response.statusCode = 207;
    incoming.pipe(response);
  });
  const echo = new WebSocketServer({ server: web });
  echo.on("connection", (socket) => socket.on("message", (data: Buffer) => socket.send(`echo ${data.toString()}`)));
  const connector = podProxyConnector({ client });
  const connect = (raw: Parameters<typeof connector.handle>[0]["raw"]) => ({
    namespace: "default",
    name: (raw.url ?? "").split("/")[6] ?? "",
    query: new URLSearchParams(),
    user: { name: "admin", groups: [] },
    raw,
  });
  api = createServer((raw, response) => void connector.handle(connect(raw), response));
  api.on("upgrade", (raw, socket, head) => void connector.upgrade?.(connect(raw), socket, head));
  for (const server of [web, api]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  const port = (server: Server) => (server.address() as AddressInfo).port;
  url = `http://127.0.0.1:${port(api)}/api/v1/namespaces/default/pods/web:${port(web)}/proxy`;
});

afterAll(() => {
  for (const server of [web, api]) {
    server.closeAllConnections();
    server.close();
  }
});

describe("pods/proxy", () => {
  test("passes method, path, query, headers and body on, and the answer back", async () => {
    const answer = await fetch(`${url}/a/b?c=d&e`, {
      method: "PUT",
      body: "x".repeat(1_000_000),
      headers: { authorization: "Bearer secret", "x-mine": "1" },
    });
    expect(answer.status).toBe(207);
    expect(await answer.text()).toBe("x".repeat(1_000_000));
    const seen = JSON.parse(answer.headers.get("x-seen") ?? "{}") as Record<string, string>;
    expect(seen).toMatchObject({ method: "PUT", url: "/a/b?c=d&e", "x-mine": "1", "x-forwarded-for": "127.0.0.1" });
    expect(seen["authorization"]).toBeUndefined();
  });

  test("a body of unknown length is passed on as it comes", async () => {
    const asked = request(`${url}/`, { method: "POST" });
    asked.write("one ");
    asked.end("two");
    const [answer] = await once(asked, "response");
    let body = "";
    for await (const chunk of answer) body += String(chunk);
    expect(body).toBe("one two");
  });

  test("a path without a slash is sent to the one with it", async () => {
    const answer = await fetch(`${url}?a=b`, { redirect: "manual" });
    expect(answer.status).toBe(301);
    expect(answer.headers.get("location")).toBe(`${new URL(url).pathname}/?a=b`);
  });

  test("a WebSocket goes through", async () => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/chat`);
    await once(socket, "open");
    socket.send("hello");
    const [message] = await once(socket, "message");
    expect(String(message)).toBe("echo hello");
    socket.close();
    await once(socket, "close");
  });

  test("a Pod that does not answer is a Status", async () => {
    const answer = await fetch(`${url.replace(/web:\d+/, "web:1")}/x`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      kind: "Status",
      reason: "ServiceUnavailable",
      message: "error trying to reach service: connect ECONNREFUSED 127.0.0.1:1",
    });
  });
});
