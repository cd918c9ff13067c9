/** An HTTPS server with one Pod, `web` of container `app` (and one that waits for a node, `pending`), whose subresources are the connectors under test. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { attachConnector, execConnector } from "../../src/apiserver/streams/command-connector.ts";
import type { Connector, ConnectRequest } from "../../src/apiserver/streams/connector.ts";
import { logConnector } from "../../src/apiserver/streams/log-connector.ts";
import { portForwardConnector } from "../../src/apiserver/streams/port-forward-connector.ts";
import type { Client } from "../../src/machinery/client.ts";
import type { Pod } from "../../src/machinery/types.ts";
import { loopbackCertificate } from "./loopback-certificate.ts";
import { ProcessStreams } from "./process-streams.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web",
    namespace: "default",
    uid: "7b3c",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
  spec: { nodeName: "node", containers: [{ name: "app", image: "app", stdin: true }] },
  status: { phase: "Running", containerStatuses: [], conditions: [{ type: "Ready", status: "True" }] },
};

const pending: Pod = {
  ...pod,
  metadata: { ...pod.metadata, name: "pending" },
  spec: { containers: [{ name: "app", image: "app" }] },
  status: { phase: "Pending" },
};

const answers: Record<string, object> = {
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "/api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [{ name: "pods", singularName: "pod", namespaced: true, kind: "Pod", verbs: ["get", "list"] }],
  },
  "/version": { major: "1", minor: "33", gitVersion: "v1.33.0" },
  "/api/v1/namespaces/default/pods/web": pod,
  "/api/v1/namespaces/default/pods/pending": pending,
};

export interface StreamsServer extends AsyncDisposable {
  url: string;
  /** A directory of its own; holds `kubeconfig`. */
  directory: string;
  streams: ProcessStreams;
  /** What each connection was asked to become, in order. */
  upgrades: string[];
}

export async function startStreamsServer(): Promise<StreamsServer> {
  const streams = new ProcessStreams();
  const found = (name: string) => [pod, pending].find(({ metadata }) => metadata?.name === name);
  const client = { get: (_resource: object, key: { name: string }) => found(key.name) } as unknown as Pick<
    Client,
    "get"
  >;
  const dependencies = { client, streams };
  const connectors: Record<string, Connector> = {
    exec: execConnector(dependencies),
    attach: attachConnector(dependencies),
    portforward: portForwardConnector(dependencies),
    log: logConnector(dependencies),
  };
  const server = createServer(loopbackCertificate);
  const sockets = new Set<Duplex>();
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const found = route(request, connectors);
    if (found) return void found.connector.handle(found.request, response);
    const body = answers[new URL(request.url ?? "", "https://server").pathname];
    response.writeHead(body ? 200 : 404, { "content-type": "application/json" });
    response.end(
      JSON.stringify(body ?? { kind: "Status", apiVersion: "v1", status: "Failure", code: 404, reason: "NotFound" }),
    );
  });
  const upgrades: string[] = [];
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrades.push(request.headers.upgrade ?? "");
    const found = route(request, connectors);
    if (!found?.connector.upgrade) return void socket.destroy();
    void found.connector.upgrade(found.request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = mkdtempSync(join(tmpdir(), "skiff-streams-"));
  writeFileSync(join(directory, "kubeconfig"), kubeconfig(url), { mode: 0o600 });
  return {
    url,
    directory,
    streams,
    upgrades,
    async [Symbol.asyncDispose]() {
      for (const child of streams.children) child.kill("SIGKILL");
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(directory, { recursive: true });
    },
  };
}

function route(
  raw: IncomingMessage,
  connectors: Record<string, Connector>,
): { connector: Connector; request: ConnectRequest } | undefined {
  const url = new URL(raw.url ?? "", "https://server");
  const [, namespace, name, subresource] =
    /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
  const connector = connectors[subresource ?? ""];
  if (!namespace || !name || !connector) return undefined;
  const user = { name: "admin", groups: ["system:masters"] };
  return { connector, request: { namespace, name, query: url.searchParams, user, raw } };
}

function kubeconfig(url: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: url, "insecure-skip-tls-verify": true } }],
    users: [{ name: "test", user: { token: "any" } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });
}
