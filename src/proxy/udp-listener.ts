/** One UDP socket of the userspace proxy: each client gets a socket of its own towards one target. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Balancer } from "./balancer.ts";
import type { Target } from "./compile.ts";
import type { Listener } from "./listener.ts";

/** A client that sends and gets nothing for so long is forgotten, as the kernel does with an assured UDP flow. */
const idleMs = 120_000;
const mostClients = 8_192;

interface Flow {
  socket: Socket;
  target: Target;
  timer: NodeJS.Timeout;
}

function typeOf(address: string): "udp4" | "udp6" {
  return isIPv6(address) ? "udp6" : "udp4";
}

export class UdpListener implements Listener {
  readonly #socket: Socket;
  readonly #balancer: Balancer;
  readonly #flows = new Map<string, Flow>();
  #closed = false;

  private constructor(socket: Socket, balancer: Balancer) {
    this.#socket = socket;
    this.#balancer = balancer;
    socket.on("message", (message, from) => this.#forward(message, from));
  }

  /** @throws Error EADDRINUSE, EADDRNOTAVAIL, EACCES. */
  static bind(address: string, port: number, balancer: Balancer): Promise<UdpListener> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({
        type: typeOf(address),
        // `::` must leave IPv4 alone; a socket of IPv4 knows no such thing.
        ...(isIPv6(address) && { ipv6Only: true }),
        recvBufferSize: 1 << 20,
      });
      socket.once("error", reject);
      socket.bind(port, address, () => {
        socket.off("error", reject);
        socket.on("error", () => {});
        resolve(new UdpListener(socket, balancer));
      });
    });
  }

  /** UDP has no end to wait for: what is under way is what clients still send. */
  async close(): Promise<void> {
    this.destroy();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    for (const key of this.#flows.keys()) this.#end(key);
  }

  /** Clients of targets that left are spread anew with their next packet. */
  targetsChanged(): void {
    for (const [key, flow] of this.#flows) if (!this.#balancer.has(flow.target)) this.#end(key);
  }

  #forward(message: Buffer, from: RemoteInfo): void {
    const key = `${from.address}:${from.port}`;
    const flow = this.#flows.get(key) ?? this.#open(key, from);
    if (!flow) return;
    flow.timer.refresh();
    flow.socket.send(message, flow.target.port, flow.target.ip, () => {});
  }

  #open(key: string, from: RemoteInfo): Flow | undefined {
    const client = { remoteAddress: from.address };
    const target = this.#balancer.order(client, Date.now())[0];
    if (!target) return undefined;
    if (this.#flows.size >= mostClients) this.#endLongestKnown();
    this.#balancer.connected(client, target, Date.now());
    const socket = createSocket({ type: typeOf(target.ip) });
    const timer = setTimeout(() => this.#end(key), idleMs).unref();
    const flow = { socket, target, timer };
    socket.on("error", () => this.#end(key));
    socket.on("message", (answer, { address, port }) => {
      // The socket is open to everybody: only the target's answers are passed on.
      if (address !== target.ip || port !== target.port) return;
      timer.refresh();
      if (!this.#closed) this.#socket.send(answer, from.port, from.address, () => {});
    });
    this.#flows.set(key, flow);
    return flow;
  }

  #end(key: string): void {
    const flow = this.#flows.get(key);
    if (!flow) return;
    this.#flows.delete(key);
    clearTimeout(flow.timer);
    flow.socket.close();
  }

  #endLongestKnown(): void {
    for (const key of this.#flows.keys()) return this.#end(key);
  }
}
