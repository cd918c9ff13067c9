/** Watches over HTTP and WebSocket. */
import { get, type IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { configMap } from "../../src/kinds/config-map/index.ts";
import { configMaps } from "../../src/machinery/resource.ts";
import { startHttpServer, type TestHttpServer } from "../support/http-server.ts";

const path = "/api/v1/namespaces/default/configmaps";

interface Event {
  type: string;
  object: Record<string, unknown>;
}

/** An open watch whose events are awaited one by one. */
class Watch implements Disposable {
  readonly response: IncomingMessage;
  #text = "";
  #events: Event[] = [];
  #wake: () => void = () => {};
  #ended = false;

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      const lines = (this.#text + chunk).split("\n");
      this.#text = lines.pop() ?? "";
      this.#events.push(...lines.map((line) => JSON.parse(line) as Event));
      this.#wake();
    });
    response.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static open(server: TestHttpServer, query: string, headers: Record<string, string> = {}): Promise<Watch> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: server.socket, path: `${path}?watch=1&${query}`, headers };
      get(options, (response) => resolve(new Watch(response))).on("error", reject);
    });
  }

  /** Undefined when the watch has ended. */
  async next(): Promise<Event | undefined> {
    for (;;) {
      const event = this.#events.shift();
      if (event || this.#ended) return event;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  [Symbol.dispose](): void {
    this.response.destroy();
  }
}

function create(server: TestHttpServer, name: string, data: object = {}) {
  return server.request("POST", path, { body: { metadata: { name }, data } });
}

describe("watch", () => {
  it("sends what is there, then what happens", async () => {
    await using server = await startHttpServer([configMap]);
    await create(server, "a");
    using watch = await Watch.open(server, "");
    expect(await watch.next()).toMatchObject({ type: "ADDED", object: { kind: "ConfigMap", metadata: { name: "a" } } });
    await create(server, "b");
    expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name: "b" } } });
    await server.request("DELETE", `${path}/a`);
    expect(await watch.next()).toMatchObject({ type: "DELETED", object: { metadata: { name: "a" } } });
    expect(watch.response.headers["content-type"]).toBe("application/json");
  });

  it("begins at a revision, and ends when its time is over", async () => {
    await using server = await startHttpServer([configMap]);
    const { json } = await create(server, "a");
    const { resourceVersion } = (json as { metadata: { resourceVersion: string } }).metadata;
    await create(server, "b");
    using watch = await Watch.open(server, `resourceVersion=${resourceVersion}&timeoutSeconds=1`);
    expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name: "b" } } });
    expect(await watch.next()).toBeUndefined();
  });

  it("streams lists: initial events, then a bookmark that says so", async () => {
    await using server = await startHttpServer([configMap]);
    await create(server, "a");
    using watch = await Watch.open(
      server,
      "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
    );
    expect(await watch.next()).toMatchObject({ type: "ADDED" });
    expect(await watch.next()).toMatchObject({
      type: "BOOKMARK",
      object: { metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
    });
  });

  it("sends tables, the columns once", async () => {
    await using server = await startHttpServer([configMap]);
    await create(server, "a");
    await create(server, "b");
    using watch = await Watch.open(server, "", { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
    expect(await watch.next()).toMatchObject({
      type: "ADDED",
      object: {
        kind: "Table",
        columnDefinitions: [{ name: "Name" }, {}, {}],
        rows: [{ cells: ["a", expect.anything(), "0s"] }],
      },
    });
    expect(await watch.next()).toMatchObject({ object: { columnDefinitions: null, rows: [{}] } });
  });

  it("tells in the stream that a revision is no longer in the log", async () => {
    await using server = await startHttpServer([configMap], { history: 10 });
    const { client } = server.api;
    const names = Array.from({ length: 1100 }, (_, n) => `cm-${n}`);
    await Promise.all(names.map((name) => client.create(configMaps, { metadata: { name, namespace: "default" } })));
    await create(server, "last");
    using watch = await Watch.open(server, "resourceVersion=1");
    expect(watch.response.statusCode).toBe(200);
    expect(await watch.next()).toMatchObject({
      type: "ERROR",
      object: { kind: "Status", code: 410, reason: "Expired" },
    });
    expect(await watch.next()).toBeUndefined();
  });

  it("cuts off a client that does not read, and serves the others on", async () => {
    await using server = await startHttpServer([configMap]);
    using slow = await Watch.open(server, "");
    slow.response.pause();
    const closed = new Promise<void>((resolve) => void slow.response.socket.once("close", () => resolve()));
    const data = { v: "x".repeat(900_000) };
    for (let n = 0; n < 40; n++) await create(server, `big-${n}`, data);
    slow.response.resume();
    await closed;
    let received = 0;
    while (await slow.next()) received++;
    expect(received).toBeLessThan(40);
    expect((await server.request("GET", `${path}/big-39`)).status).toBe(200);
  });

  it("ends with the server", async () => {
    const server = await startHttpServer([configMap]);
    using watch = await Watch.open(server, "");
    await server[Symbol.asyncDispose]();
    expect(await watch.next()).toBeUndefined();
  });

  it("sends events as messages of a WebSocket", async () => {
    await using server = await startHttpServer([configMap]);
    await create(server, "a");
    const { authority, admin } = server.certificates;
    const socket = new WebSocket(`wss://127.0.0.1:${server.port}${path}?watch=1`, {
      ca: authority,
      cert: admin.certificate,
      key: admin.key,
    });
    const message = await new Promise<string>((resolve, reject) => {
      socket.on("message", (data: Buffer) => resolve(data.toString()));
      socket.on("error", reject);
    });
    expect(JSON.parse(message)).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
    socket.terminate();
    const refused = new WebSocket(`wss://127.0.0.1:${server.port}${path}?watch=1`, { ca: authority });
    await expect(
      new Promise((resolve, reject) => void refused.on("open", resolve).on("error", reject)),
    ).rejects.toThrow("401");
  });
});
