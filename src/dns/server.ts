/** The cluster's DNS server: UDP and TCP sockets in front of the {@link Resolver}. Rule: RFC 1035, RFC 7766 (TCP). */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import type { LookupOneOptions } from "node:dns";
import { createServer, type Server } from "node:net";
import type { Client } from "../machinery/client.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/log.ts";
import { dnsAddress } from "../machinery/network-names.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import { Forwarder } from "./forwarder.ts";
import { HostResolvers } from "./host-resolvers.ts";
import type { ResolvedLink } from "./resolved-link.ts";
import { Resolver } from "./resolver.ts";
import { TcpConnections } from "./tcp-connections.ts";

export interface DnsOptions {
  client: Pick<Client, "get" | "watch">;
  settings: ClusterSettings;
  clock: Clock;
  log: Logger;
  /** Where to listen; the cluster's DNS address, port 53, if absent. Port 0 takes any. */
  listen?: { address: string; port: number };
  /** Told while the server answers, so that the host's own programs find the cluster's names. */
  registration?: Pick<ResolvedLink, "register" | "withdraw">;
  /** The host's resolv.conf, and the port of the servers in it. */
  host?: { resolvConf: string; port?: number };
}

const dnsPort = 53;
const tellAgainMs = 60_000;

export class DnsServer {
  readonly #options: DnsOptions;
  readonly #resolver: Resolver;
  #udp: UdpSocket | undefined;
  #told = Number.NEGATIVE_INFINITY;
  #tcp: Server | undefined;
  readonly #connections: TcpConnections;

  constructor(options: DnsOptions) {
    const { client, settings, clock, host, log } = options;
    this.#options = options;
    const own = new Set([dnsAddress(settings), ...(options.listen ? [options.listen.address] : [])]);
    const source = host?.resolvConf ?? "/etc/resolv.conf";
    const resolvers = new HostResolvers(source, own, clock, log);
    const forwarder = new Forwarder({
      servers: () => resolvers.servers(),
      source,
      clock,
      log,
      ...(host?.port !== undefined && { port: host.port }),
    });
    this.#resolver = new Resolver(client, settings, forwarder);
    this.#connections = new TcpConnections((packet) => this.#resolver.resolve(packet, "tcp"), log);
  }

  /**
   * Starts to answer. The address must be the host's already (the proxy's host set-up routes it here).
   * @returns where it listens.
   * @throws Error that says what is in the way and what to do.
   */
  async start(): Promise<{ address: string; port: number }> {
    const { settings, listen = { address: dnsAddress(settings), port: dnsPort } } = this.#options;
    try {
      this.#tcp = await this.#listenTcp(listen.address, listen.port);
      const bound = this.#tcp.address();
      const port = typeof bound === "object" && bound ? bound.port : listen.port;
      this.#udp = await this.#listenUdp(listen.address, port);
      // The start does not wait for others.
      void this.#options.registration?.register();
      return { address: listen.address, port };
    } catch (error) {
      await this.stop();
      throw new Error(explain(error, `${listen.address}:${listen.port}`), { cause: error });
    }
  }

  async stop(): Promise<void> {
    await this.#options.registration?.withdraw();
    this.#resolver[Symbol.dispose]();
    this.#connections[Symbol.dispose]();
    const tcp = this.#tcp;
    const udp = this.#udp;
    this.#tcp = undefined;
    this.#udp = undefined;
    await new Promise<void>((resolve) => (tcp ? tcp.close(() => resolve()) : resolve()));
    await new Promise<void>((resolve) => (udp ? udp.close(() => resolve()) : resolve()));
  }

  #listenUdp(address: string, port: number): Promise<UdpSocket> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({
        type: "udp4",
        reuseAddr: true,
        recvBufferSize: 1 << 20,
        sendBufferSize: 1 << 20,
        lookup: noLookup,
      });
      socket.once("error", reject);
      socket.on("message", (packet, from) => {
        const answer = this.#resolver.resolve(packet, "udp");
        if (answer instanceof Promise) {
          this.#later(answer, (message) => {
            // The socket is gone while the server stops.
            if (message && this.#udp) socket.send(message, from.port, from.address);
          });
        } else if (answer && this.#udp) {
          socket.send(answer, from.port, from.address);
        }
      });
      socket.bind(port, address, () => {
        socket.off("error", reject);
        socket.on("error", (error) => this.#tellOf(error));
        resolve(socket);
      });
    });
  }

  /** Of answers that could not be sent. A firewall may refuse many: one a minute tells it. */
  #tellOf(error: Error): void {
    const now = this.#options.clock.now();
    if (now - this.#told < tellAgainMs) return;
    this.#told = now;
    this.#options.log.warn({ err: error }, "a DNS answer could not be sent");
  }

  #listenTcp(address: string, port: number): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true, allowHalfOpen: true }, (connection) =>
        this.#connections.serve(connection),
      );
      server.once("error", reject);
      server.listen(port, address, () => {
        server.off("error", reject);
        server.on("error", (error) => this.#options.log.warn({ err: error }, "DNS listener"));
        resolve(server);
      });
    });
  }

  #later(answer: Promise<Buffer | undefined>, send: (answer: Buffer | undefined) => void): void {
    answer.then(send, (error: unknown) => this.#options.log.error({ err: error }, "a DNS question was not answered"));
  }
}

/** Clients are known by their addresses: nothing to look up, and nothing to wait for. */
function noLookup(
  hostname: string,
  _options: LookupOneOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, hostname, 4);
}

function explain(error: unknown, where: string): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return `cannot serve DNS on ${where}: another process listens there or on port 53 of every address; let it listen on its own addresses only`;
  }
  if (code === "EADDRNOTAVAIL") {
    return `cannot serve DNS on ${where}: the address is not routed to this host; Skiff needs root or CAP_NET_ADMIN for that`;
  }
  if (code === "EACCES") return `cannot serve DNS on ${where}: ports below 1024 need root or CAP_NET_BIND_SERVICE`;
  return `cannot serve DNS on ${where}: ${error instanceof Error ? error.message : String(error)}`;
}
