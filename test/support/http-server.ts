/**
 * The API over HTTP, in-process: TLS on a free port of loopback and a unix socket, certificates of its own.
 *
 *     await using server = await startHttpServer(kinds);
 *     const { status, json } = await server.request("GET", "/api/v1/namespaces");
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificates, ensureCertificates, serverNames } from "../../src/apiserver/certificates.ts";
import type { ExtraRoute } from "../../src/apiserver/http/exchange.ts";
import { kubeconfig } from "../../src/apiserver/kubeconfig.ts";
import { ApiServer, type ApiServerOptions } from "../../src/apiserver/server.ts";
import { loadTokenKey, TokenAuthority } from "../../src/apiserver/tokens.ts";
import type { KindDefinition } from "../../src/machinery/kind.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import { serviceAccounts } from "../../src/machinery/resource.ts";
import { describedSchema } from "../../src/machinery/schema/builtin-schemas.ts";
import { startApi, type TestApi, type TestApiOptions } from "./api.ts";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body; undefined when it is not JSON. */
  json: unknown;
}

export interface RequestOptions {
  /** JSON is made of anything but text and bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  /** As whom: through the unix socket (`socket`, the default), with the administrator's certificate, or with neither. */
  as?: "socket" | "certificate" | "nobody";
}

export interface TestHttpServer extends AsyncDisposable {
  api: TestApi;
  server: ApiServer;
  tokens: TokenAuthority;
  certificates: Certificates;
  port: number;
  socket: string;
  /** Path of the administrator's kubeconfig. */
  kubeconfig: string;
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
}

export async function startHttpServer(
  kinds: readonly KindDefinition[],
  options: TestApiOptions &
    Partial<Pick<ApiServerOptions, "connectors" | "health">> & {
      routes?: readonly ExtraRoute[] | ((api: TestApi) => readonly ExtraRoute[]);
    } = {},
): Promise<TestHttpServer> {
  const directory = mkdtempSync(join(tmpdir(), "skiff-http-"));
  const { connectors, routes, health, ...apiOptions } = options;
  const api = await startApi(kinds, apiOptions);
  const now = () => api.clock.now();
  // Certificates are checked by the host's clock.
  const certificates = ensureCertificates(join(directory, "pki"), serverNames([], "cluster.local", "box"), Date.now());
  const tokens = new TokenAuthority(loadTokenKey(join(directory, "pki")), "cluster.local", now);
  const server = await ApiServer.create({
    api: api.api,
    certificates,
    verifyToken: (token) =>
      tokens.verify(token, (resource, namespace, { name, uid }) => {
        if (resource !== "serviceaccounts") return true;
        return api.client.get(serviceAccounts, { namespace, name })?.metadata.uid === uid;
      }),
    schemas: describedSchema,
    now,
    log: silentLogger,
    ...(connectors && { connectors }),
    ...(routes && { routes: typeof routes === "function" ? routes(api) : routes }),
    ...(health && { health }),
  });
  const port = await server.listen("127.0.0.1", 0);
  const socket = join(directory, "api.sock");
  await server.listenOnSocket(socket);
  const file = join(directory, "kubeconfig");
  writeFileSync(file, kubeconfig("test", `https://127.0.0.1:${port}`, certificates));
  return {
    api,
    server,
    tokens,
    certificates,
    port,
    socket,
    kubeconfig: file,
    request: (method, path, sent = {}) => send({ port, socket, certificates }, method, path, sent),
    async [Symbol.asyncDispose]() {
      await server.close();
      await api[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function send(
  { port, socket, certificates }: { port: number; socket: string; certificates: Certificates },
  method: string,
  path: string,
  { body, headers = {}, as = "socket" }: RequestOptions,
): Promise<Answer> {
  const content = body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const common = {
    method,
    path,
    headers: {
      ...(content !== undefined && {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(content),
      }),
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const { authority, admin } = certificates;
    const tls = { ...common, host: "127.0.0.1", port, ca: authority, agent: false as const };
    const identity = as === "certificate" ? { cert: admin.certificate, key: admin.key } : {};
    const request =
      as === "socket" ? plainRequest({ ...common, socketPath: socket }) : tlsRequest({ ...tls, ...identity });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
      });
    });
    request.end(content);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
