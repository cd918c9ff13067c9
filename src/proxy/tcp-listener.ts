/** One listening TCP socket of the userspace proxy: each connection is joined to one of the Service's targets. */
import { createServer, type Server, type Socket } from "node:net";
import type { Balancer } from "./balancer.ts";
import type { Target } from "./compile.ts";
import type { Listener } from "./listener.ts";
import type { Endpoint } from "./rule-backend.ts";
import { TcpPair } from "./tcp-pair.ts";

export class TcpListener implements Listener {
  readonly #server: Server;
  readonly #balancer: Balancer;
  readonly #pairs = new Set<TcpPair>();

  private constructor(server: Server, balancer: Balancer) {
    this.#server = server;
    this.#balancer = balancer;
    server.on("connection", (client) => this.#serve(client));
  }

  /** @throws Error EADDRINUSE, EADDRNOTAVAIL, EACCES. */
  static listen(address: string, port: number, balancer: Balancer): Promise<TcpListener> {
    return new Promise((resolve, reject) => {
      // Half-close passes through: a client may end its request and still read the answer.
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
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
  targetOf({ address, port }: Endpoint): Target | undefined {
    for (const { client, target } of this.#pairs) {
      if (target && client.remotePort === port && client.remoteAddress === address) return target;
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
    for (const { client } of this.#pairs) client.destroy();
  }

  #serve(client: Socket): void {
    const balancer = this.#balancer;
    const pair = new TcpPair({
      client,
      targets: balancer.order(client, Date.now()),
      onJoined: (target) => balancer.connected(client, target, Date.now()),
      onLeft: (target) => balancer.closed(target),
      onEnded: () => this.#pairs.delete(pair),
    });
    this.#pairs.add(pair);
  }
}
