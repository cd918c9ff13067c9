/** Connections to one address of a backend, kept open between requests. */
import { createConnection, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Target } from "./endpoints.ts";
import { UpstreamConnection } from "./http1/upstream-connection.ts";

/** More than a few idle ones help nobody. */
const mostIdle = 128;
const idleMs = 60_000;

export type ConnectResult = { connection: UpstreamConnection } | { error: "refused" | "timeout" };

export class Upstream {
  readonly target: Target;
  readonly #secure: boolean;
  readonly #idle: UpstreamConnection[] = [];
  /** No endpoint any more: what is under way may finish, nothing is kept. */
  #retired = false;

  constructor(target: Target, secure: boolean) {
    this.target = target;
    this.#secure = secure;
  }

  /** The one used last, which is the least likely to have been closed at the other end. */
  takeIdle(): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (!connection || connection.usable) return connection;
    }
  }

  /** @param serverName for TLS. */
  connect(timeoutMs: number, serverName: string, done: (result: ConnectResult) => void): void {
    const { host, port } = this.target;
    const socket: Socket = this.#secure
      ? // As usual behind a load balancer: what a Pod shows is a certificate of its own.
        connectTls({
          host,
          port,
          rejectUnauthorized: false,
          ...(/[a-z]/i.test(serverName) && { servername: serverName }),
        })
      : createConnection({ host, port });
    let timer: NodeJS.Timeout | undefined;
    const give = (result: ConnectResult): void => {
      if (!timer) return;
      clearTimeout(timer);
      timer = undefined;
      if ("error" in result) socket.destroy();
      done(result);
    };
    timer = setTimeout(() => give({ error: "timeout" }), timeoutMs);
    socket.setNoDelay(true);
    socket.on("error", () => give({ error: "refused" }));
    socket.once(this.#secure ? "secureConnect" : "connect", () => {
      give({ connection: new UpstreamConnection(socket, this) });
    });
  }

  /** Takes back a connection on which a request has been answered whole. */
  release(connection: UpstreamConnection): void {
    if (this.#retired || this.#idle.length >= mostIdle || !connection.usable) {
      connection.destroy();
      return;
    }
    connection.rest(idleMs);
    this.#idle.push(connection);
  }

  /** An idle connection has been closed by the other side. */
  forget(connection: UpstreamConnection): void {
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}
