/**
 * The two ports of the host at which the controller listens: 80 and 443 where nobody has them, else free ones from the end of
 * the range for node ports. They are opened early, so that whoever calls while Skiff starts is answered soon, not refused.
 */
import { createServer, type Server, type Socket } from "node:net";

const backlog = 4096;

interface OpenPort {
  port: number;
  server: Server;
  /** Who has called before anybody served. */
  waiting: Socket[];
}

export class IngressPorts {
  readonly #http: OpenPort;
  readonly #https: OpenPort;

  private constructor(http: OpenPort, https: OpenPort) {
    this.#http = http;
    this.#https = https;
  }

  /**
   * @param wanted for HTTP and HTTPS. @param instead in which order others are tried.
   * @throws Error when none of them can be had.
   */
  static async open(wanted: readonly [http: number, https: number], instead: Iterable<number>): Promise<IngressPorts> {
    const others = instead[Symbol.iterator]();
    const http = await openFirst(wanted[0], others);
    try {
      return new IngressPorts(http, await openFirst(wanted[1], others));
    } catch (error) {
      http.server.close();
      throw error;
    }
  }

  get http(): number {
    return this.#http.port;
  }

  get https(): number {
    return this.#https.port;
  }

  /** From now on connections, those that wait first, are handed over. */
  serve(onHttp: (socket: Socket) => void, onHttps: (socket: Socket) => void): void {
    hand(this.#http, onHttp);
    hand(this.#https, onHttps);
  }

  /** The ports are free again when it returns; connections are not its concern. */
  close(): void {
    for (const { server, waiting } of [this.#http, this.#https]) {
      server.close();
      for (const socket of waiting.splice(0)) socket.destroy();
    }
  }
}

function hand({ server, waiting }: OpenPort, serve: (socket: Socket) => void): void {
  server.removeAllListeners("connection");
  server.on("connection", serve);
  for (const socket of waiting.splice(0)) {
    socket.removeAllListeners("error");
    serve(socket);
  }
}

async function openFirst(wanted: number, others: Iterator<number, unknown>): Promise<OpenPort> {
  let port = wanted;
  for (;;) {
    const server = await open(port);
    if (server) return server;
    const next = others.next();
    if (next.done)
      throw new Error(`no port is free for Ingress: neither ${wanted} nor one of the range for node ports`);
    port = next.value;
  }
}

/** @returns undefined when the port cannot be had, on whatever address. */
async function open(port: number): Promise<OpenPort | undefined> {
  // "::" takes IPv4 calls too; where the host has no IPv6 it is not to be had.
  return (await tryOpen(port, "::")) ?? (await tryOpen(port, "0.0.0.0"));
}

function tryOpen(port: number, host: string): Promise<OpenPort | undefined> {
  return new Promise((resolve) => {
    const server = createServer({ noDelay: true });
    const waiting: Socket[] = [];
    server.on("connection", (socket) => {
      socket.on("error", () => {});
      waiting.push(socket);
    });
    server.once("error", () => resolve(undefined));
    server.listen({ port, host, backlog, exclusive: true }, () => {
      server.removeAllListeners("error");
      server.on("error", () => {});
      const bound = server.address();
      resolve({ port: typeof bound === "object" && bound ? bound.port : port, server, waiting });
    });
  });
}
