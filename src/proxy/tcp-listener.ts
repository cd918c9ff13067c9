/** One listening TCP socket of the userspace proxy: each connection is joined to one of the Service's targets. */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { Balancer } from "./balancer.ts";
import type { Target } from "./compile.ts";
import type { Listener } from "./listener.ts";
import type { Endpoint } from "./rule-backend.ts";

/** How long a target may take to accept before the next one is tried. */
const connectLimitMs = 1_000;

export class TcpListener implements Listener {
  readonly #server: Server;
  readonly #balancer: Balancer;
  readonly #pairs = new Set<Socket>();
  /** Target of each client that has been joined to one. */
  readonly #targets = new WeakMap<Socket, Target>();

  private constructor(server: Server, balancer: Balancer) {
    this.#server = server;
    this.#balancer = balancer;
    server.on("connection", (client) => void this.#serve(client));
  }

  /** @throws Error EADDRINUSE, EADDRNOTAVAIL, EACCES. */
  static listen(address: string, port: number, balancer: Balancer): Promise<TcpListener> {
    return new Promise((resolve, reject) => {
      // Half-close passes through: a client may end its request and still read the answer.
      const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
      const listener = new TcpListener(server, balancer);
      server.once("error", reject);
      // IPv4 and IPv6 are two frontends: `::` must leave the other alone.
      server.listen({ host: address, port, backlog: 4096, ipv6Only: true }, () => {
        server.off("error", reject);
        server.on("error", () => {});
        resolve(listener);
      });
    });
  }

  /** Where a client's connection was sent; undefined when it has none. */
  targetOf(client: Endpoint): Target | undefined {
    for (const socket of this.#pairs) {
      if (socket.remotePort !== client.port || socket.remoteAddress !== client.address) continue;
      const target = this.#targets.get(socket);
      if (target) return target;
    }
    return undefined;
  }

  /** Takes no new connections; those that are under way finish. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Ends every connection too. */
  destroy(): void {
    this.#server.close();
    for (const socket of this.#pairs) socket.destroy();
  }

  async #serve(client: Socket): Promise<void> {
    client.on("error", () => client.destroy());
    const address = client.remoteAddress ?? "";
    this.#track(client);
    for (const target of this.#balancer.order(address, Date.now())) {
      const upstream = await connect(target, client);
      if (!upstream) continue;
      if (client.destroyed) {
        upstream.destroy();
        return;
      }
      this.#balancer.connected(address, target, Date.now());
      upstream.once("close", () => this.#balancer.closed(target));
      this.#track(upstream);
      this.#targets.set(client, target);
      join(client, upstream);
      return;
    }
    // Nobody answered: the client sees a reset, as from a closed port.
    client.resetAndDestroy();
  }

  #track(socket: Socket): void {
    this.#pairs.add(socket);
    socket.once("close", () => this.#pairs.delete(socket));
  }
}

/**
 * What targets send is read into one place for all of them, and copied out: a buffer for each read, as streams have it, takes
 * longer than the rest of what is done here.
 */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

/**
 * What the target sends goes to the client.
 * @returns undefined when the target refused or did not answer in time.
 */
function connect(target: Target, client: Socket): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket: Socket = createConnection({
      host: target.ip,
      port: target.port,
      allowHalfOpen: true,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback(length) {
          const chunk = Buffer.allocUnsafe(length);
          readBuffer.copy(chunk, 0, 0, length);
          return pass(chunk, socket, client);
        },
      },
    });
    const give = (result: Socket | undefined): void => {
      clearTimeout(timer);
      if (!result) socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => give(undefined), connectLimitMs);
    socket.once("connect", () => give(socket));
    socket.on("error", () => give(undefined));
  });
}

/** Joins both; each side's end is passed on, and a broken side breaks the other. */
function join(client: Socket, upstream: Socket): void {
  const breakOther = (other: Socket) => () => {
    if (!other.destroyed) other.resetAndDestroy();
  };
  client.on("error", breakOther(upstream));
  upstream.on("error", breakOther(client));
  client.once("close", () => upstream.destroy());
  upstream.once("close", () => client.destroy());
  client.on("data", (chunk: Buffer) => pass(chunk, client, upstream));
  client.once("end", () => upstream.end());
  upstream.once("end", () => client.end());
  client.resume();
}

/** @returns false when `from` was paused, until `to` has sent what waits there. */
function pass(chunk: Buffer, from: Socket, to: Socket): boolean {
  if (to.write(chunk)) return true;
  from.pause();
  to.once("drain", () => from.resume());
  return false;
}
