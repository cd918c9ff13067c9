/**
 * The two ports of the host at which the controller listens: 80 and 443 where nobody has them, else free ones from the end of
 * the range for node ports. They are opened early, so that whoever calls while Skiff starts is answered soon, not refused.
 */
import { createServer, type Server, type Socket } from "node:net";

const backlog = 4096;

interface OpenPort {
  port: number;
  /** One for each address. */
  servers: readonly Server[];
  /** Who has called before anybody served. */
  waiting: Socket[];
}

/** Addresses to listen at, in the order in which they are tried: each is a set of which all are to be had. */
export type Addresses = readonly (readonly string[])[];

/** "::" takes IPv4 calls too; where the host has no IPv6 it is not to be had. */
export const everyAddress: Addresses = [["::"], ["0.0.0.0"]];

export class IngressPorts {
  readonly #http: OpenPort;
  readonly #https: OpenPort;

  private constructor(http: OpenPort, https: OpenPort) {
    this.#http = http;
    this.#https = https;
  }

  /**
   * @param wanted for HTTP and HTTPS. @param instead in which order others are tried. @param addresses of the host.
   * @throws Error when none of them can be had.
   */
  static async open(
    wanted: readonly [http: number, https: number],
    instead: Iterable<number>,
    addresses: Addresses = everyAddress,
  ): Promise<IngressPorts> {
    const others = instead[Symbol.iterator]();
    const http = await openFirst(wanted[0], others, addresses);
    try {
      return new IngressPorts(http, await openFirst(wanted[1], others, addresses));
    } catch (error) {
      for (const server of http.servers) server.close();
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
    for (const { servers, waiting } of [this.#http, this.#https]) {
      for (const server of servers) server.close();
      for (const socket of waiting.splice(0)) socket.destroy();
    }
  }
}

function hand({ servers, waiting }: OpenPort, serve: (socket: Socket) => void): void {
  for (const server of servers) {
    server.removeAllListeners("connection");
    server.on("connection", serve);
  }
  for (const socket of waiting.splice(0)) {
    socket.removeAllListeners("error");
    serve(socket);
  }
}

async function openFirst(wanted: number, others: Iterator<number, unknown>, addresses: Addresses): Promise<OpenPort> {
  let port = wanted;
  for (;;) {
    for (const hosts of addresses) {
      const opened = await open(port, hosts);
      if (opened) return opened;
    }
    const next = others.next();
    if (next.done)
      throw new Error(`no port is free for Ingress: neither ${wanted} nor one of the range for node ports`);
    port = next.value;
  }
}

/** @returns undefined when the port cannot be had at every one of the addresses. */
async function open(port: number, hosts: readonly string[]): Promise<OpenPort | undefined> {
  const waiting: Socket[] = [];
  const servers: Server[] = [];
  for (const host of hosts) {
    const server = await listen(port, host, waiting);
    if (!server) {
      for (const other of servers) other.close();
      return undefined;
    }
    servers.push(server);
  }
  const bound = servers[0]?.address();
  return { port: typeof bound === "object" && bound ? bound.port : port, servers, waiting };
}

function listen(port: number, host: string, waiting: Socket[]): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("connection", (socket) => {
      socket.on("error", () => {});
      waiting.push(socket);
    });
    server.once("error", () => resolve(undefined));
    server.listen({ port, host, backlog, exclusive: true }, () => {
      server.removeAllListeners("error");
      server.on("error", () => {});
      resolve(server);
    });
  });
}
