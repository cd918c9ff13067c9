/**
 * A client's connection in userspace mode, and the one to a target that it is joined to. Few listeners and no promises: what
 * is done here is done for every connection, and takes as long as what the kernel does for it.
 */
import { createConnection, type Socket } from "node:net";
import { sendAtOnce } from "../machinery/no-delay.ts";
import type { Target } from "./compile.ts";

/** How long a target may take to accept before the next one is tried. */
const connectLimitMs = 1_000;

/**
 * What targets send is read into one place for all of them, and copied out: a buffer for each read, as streams have it, takes
 * longer than the rest of what is done here.
 */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

export interface TcpPairOptions {
  /** Paused; the target may end its side and still be sent to, so the socket must allow a half-open connection. */
  client: Socket;
  /** In the order in which to try them. */
  targets: readonly Target[];
  onJoined(target: Target): void;
  /** The connection to the target ended. */
  onLeft(target: Target): void;
  /** The client's connection ended. */
  onEnded(): void;
}

export class TcpPair {
  readonly client: Socket;
  /** Whom the client is joined to. */
  target: Target | undefined;
  readonly #options: TcpPairOptions;
  #upstream: Socket | undefined;
  #tried = 0;

  constructor(options: TcpPairOptions) {
    const { client } = options;
    this.client = client;
    this.#options = options;
    client.on("error", ignore);
    client.on("close", (broken) => {
      if (this.#upstream) leave(this.#upstream, broken && this.target !== undefined);
      options.onEnded();
    });
    this.#connect();
  }

  #connect(): void {
    const { client, targets } = this.#options;
    const target = targets[this.#tried++];
    // Nobody answered: the client sees a reset, as from a closed port.
    if (!target) return void client.resetAndDestroy();
    const upstream: Socket = createConnection({
      host: target.ip,
      port: target.port,
      allowHalfOpen: true,
      onread: {
        buffer: readBuffer,
        callback(length) {
          const chunk = Buffer.allocUnsafe(length);
          readBuffer.copy(chunk, 0, 0, length);
          return pass(chunk, upstream, client);
        },
      },
    });
    this.#upstream = upstream;
    const timer = setTimeout(() => upstream.destroy(), connectLimitMs);
    upstream.on("connect", () => {
      clearTimeout(timer);
      this.#join(upstream, target);
    });
    upstream.on("error", ignore);
    upstream.on("close", (broken) => {
      clearTimeout(timer);
      if (this.target) {
        this.#options.onLeft(target);
        leave(client, broken);
      } else if (!client.destroyed) this.#connect();
    });
  }

  /** Each side's end is passed on, and a broken side breaks the other. */
  #join(upstream: Socket, target: Target): void {
    const { client } = this.#options;
    this.target = target;
    this.#options.onJoined(target);
    client.on("data", (chunk: Buffer) => pass(chunk, client, upstream));
    client.on("end", () => end(upstream));
    upstream.on("end", () => end(client));
    client.resume();
  }
}

/** An error is followed by `close`, which says so. */
function ignore(): void {}

/** @returns false when `from` was paused, until `to` has sent what waits there. */
function pass(chunk: Buffer, from: Socket, to: Socket): boolean {
  sendAtOnce(to);
  if (to.write(chunk)) return true;
  from.pause();
  to.once("drain", () => from.resume());
  return false;
}

/** The other side is gone. What has ended both ways may still send what waits, and closes then by itself. */
function leave(socket: Socket, broken: boolean): void {
  if (broken) socket.resetAndDestroy();
  else if (!socket.readableEnded || !socket.writableEnded) socket.destroy();
}

/** Nothing more is sent. What has ended from the other side too is done with: to close it is to end it. */
function end(socket: Socket): void {
  if (socket.readableEnded && socket.writableLength === 0) socket.destroy();
  else socket.end();
}
