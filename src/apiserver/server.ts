/**
 * The API server's listeners: TLS on loopback (and on further addresses, once they exist), and a unix socket for the instance's own
 * administrator. All of them lead to one application.
 */
import { chmodSync, rmSync } from "node:fs";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type ListenOptions } from "node:net";
import type { Duplex } from "node:stream";
import { UserError } from "../machinery/daemon.ts";
import type { Logger } from "../machinery/log.ts";
import type { SchemaSource } from "../machinery/schema/schema.ts";
import { answerPlainHttp } from "./answer-plain-http.ts";
import type { Api } from "./api.ts";
import type { VerifyToken } from "./authentication.ts";
import type { Certificates } from "./certificates.ts";
import type { Connectors } from "./http/answer.ts";
import { type AppParts, createApp } from "./http/app.ts";
import type { ExtraRoute } from "./http/exchange.ts";
import type { HealthCheck } from "./http/health.ts";
import { OpenApiDocuments } from "./http/openapi/documents.ts";
import { answerUpgrade } from "./http/upgrades.ts";

export interface ApiServerOptions {
  api: Api;
  certificates: Certificates;
  verifyToken: VerifyToken;
  /** With descriptions, for OpenAPI. */
  schemas: SchemaSource;
  /** By `pods/exec`, `pods/log`, … */
  connectors?: Connectors;
  routes?: readonly ExtraRoute[];
  /** Besides `ping`. */
  health?: readonly HealthCheck[];
  /** Milliseconds since the epoch. */
  now: () => number;
  log: Logger;
}

/** Longer than clients keep idle connections (Go: 90 s), so that the server never closes one just as a request comes. */
const keepAliveTimeout = 180_000;

/** How long streams may take to end when the server closes. */
const closingGrace = 1000;

export class ApiServer {
  readonly #parts: AppParts;
  readonly #listener: RequestListener;
  readonly #certificates: Certificates;
  readonly #closeApp: () => Promise<void>;
  readonly #servers = new Set<Server>();
  /** Connections that have left HTTP. */
  readonly #upgraded = new Set<Duplex>();

  private constructor(
    parts: AppParts,
    certificates: Certificates,
    listener: RequestListener,
    closeApp: () => Promise<void>,
  ) {
    this.#parts = parts;
    this.#certificates = certificates;
    this.#listener = listener;
    this.#closeApp = closeApp;
  }

  /** Listens nowhere yet. */
  static async create(options: ApiServerOptions): Promise<ApiServer> {
    const parts: AppParts = {
      api: options.api,
      verifyToken: options.verifyToken,
      schemas: options.schemas,
      openApi: new OpenApiDocuments(options.schemas),
      connectors: options.connectors ?? {},
      routes: options.routes ?? [],
      health: options.health ?? [],
      streams: new Set(),
      now: options.now,
      log: options.log,
    };
    const app = await createApp(parts);
    return new ApiServer(
      parts,
      options.certificates,
      (request, response) => app.routing(request, response),
      async () => {
        await app.close();
      },
    );
  }

  /**
   * Listens with TLS on an address of the host; may be called again with others, at any time.
   * @param port 0 for any free one. @returns the port.
   * @throws UserError when it is taken.
   */
  async listen(host: string, port: number): Promise<number> {
    const { server, authority } = this.#certificates;
    const listening = createTlsServer(
      {
        key: server.key,
        cert: server.certificate,
        ca: authority,
        requestCert: true,
        // Tokens come without a certificate; a bad one is refused by authentication.ts.
        rejectUnauthorized: false,
        noDelay: true,
      },
      this.#listener,
    );
    answerPlainHttp(listening);
    await this.#open(listening, { host, port });
    return (listening.address() as AddressInfo).port;
  }

  /** Listens on a unix socket (0600) without TLS: whoever may open it is the administrator. */
  async listenOnSocket(path: string): Promise<void> {
    if (await isServed(path)) throw new UserError(`${path} is in use: another daemon of this instance runs already`);
    // What a daemon that was killed has left.
    rmSync(path, { force: true });
    const mask = process.umask(0o177);
    const opened = this.#open(createPlainServer(this.#listener), { path });
    // Binding has happened by now: Node does it before `listen` returns.
    process.umask(mask);
    await opened;
    chmodSync(path, 0o600);
  }

  /** Ends watches and streams, lets other requests finish, and closes every listener. */
  async close(): Promise<void> {
    for (const stream of this.#parts.streams) stream.abort();
    const closed = [...this.#servers].map(closeServer);
    for (const socket of this.#upgraded) socket.end();
    const timer = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
      for (const socket of this.#upgraded) socket.destroy();
    }, closingGrace);
    await Promise.all(closed);
    clearTimeout(timer);
    for (const socket of this.#upgraded) socket.destroy();
    this.#servers.clear();
    await this.#closeApp();
  }

  async #open(server: Server, where: ListenOptions): Promise<void> {
    server.keepAliveTimeout = keepAliveTimeout;
    server.on("upgrade", (request, socket: Duplex, head: Buffer) => {
      this.#upgraded.add(socket);
      socket.once("close", () => this.#upgraded.delete(socket));
      void answerUpgrade(this.#parts, request, socket, head);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, where)));
      server.listen(where, resolve);
    });
    server.on("error", (error) => this.#parts.log.error({ err: error }, "the API's listener failed"));
    this.#servers.add(server);
  }
}

function explain(error: NodeJS.ErrnoException, { host, port, path }: ListenOptions): Error {
  const where = path ?? `${host}:${port}`;
  if (error.code === "EADDRINUSE") {
    return new UserError(`${where} is in use by another program. Stop it, or choose another port with --port`);
  }
  if (error.code === "EACCES")
    return new UserError(`No permission to listen on ${where}. Choose a port above 1023 with --port`);
  return error;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

/** Whether somebody answers on a unix socket. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
