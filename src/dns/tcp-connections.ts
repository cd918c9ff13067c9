/**
 * DNS over TCP: each message is preceded by its length, questions may come while others are being answered, and answers
 * go out as they are there. Rule: RFC 1035 section 4.2.2, RFC 7766.
 */
import type { Socket } from "node:net";
import type { Logger } from "../machinery/log.ts";
import { headerBytes } from "./message.ts";

/** A connection on which nothing is asked for so long is closed. */
const idleMs = 10_000;
/** One more, and the oldest is closed. */
const mostConnections = 512;
/** Questions of one connection that are under way at once; further ones are read when these are answered. */
const mostPending = 100;
/** Answers that a client has not taken yet; while there are more, its questions are not read. */
const mostUnsentBytes = 256 * 1024;

type Resolve = (packet: Buffer) => Buffer | undefined | Promise<Buffer | undefined>;

export class TcpConnections implements Disposable {
  readonly #resolve: Resolve;
  readonly #log: Logger;
  /** Oldest first. */
  readonly #sockets = new Set<Socket>();

  constructor(resolve: Resolve, log: Logger) {
    this.#resolve = resolve;
    this.#log = log;
  }

  /** Answers what comes, until the client ends or is idle. The socket must allow a half-open connection. */
  serve(socket: Socket): void {
    for (const oldest of this.#sockets) {
      if (this.#sockets.size < mostConnections) break;
      this.#sockets.delete(oldest);
      oldest.destroy();
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(idleMs, () => socket.destroy());
    void this.#answerAll(socket).catch((error: unknown) => {
      if (!socket.destroyed) this.#log.error({ err: error }, "a DNS connection was not served to its end");
      socket.destroy();
    });
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #answerAll(socket: Socket): Promise<void> {
    const pending = new Set<Promise<void>>();
    for await (const packet of messagesOf(socket)) {
      if (packet.length < headerBytes) return void socket.destroy();
      const answer = this.#resolve(packet);
      if (answer instanceof Promise) {
        const sent: Promise<void> = answer
          .then((message) => send(socket, message))
          .catch((error: unknown) => this.#log.error({ err: error }, "a DNS question was not answered"))
          .finally(() => pending.delete(sent));
        pending.add(sent);
      } else {
        send(socket, answer);
      }
      if (pending.size >= mostPending) await Promise.race(pending);
      if (socket.writableLength > mostUnsentBytes) await drained(socket);
    }
    await Promise.all(pending);
    socket.end();
  }
}

async function* messagesOf(socket: Socket): AsyncGenerator<Buffer> {
  let heard: Buffer = Buffer.alloc(0);
  // A client that has ended its side still waits for answers.
  for await (const data of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    heard = heard.length === 0 ? data : Buffer.concat([heard, data]);
    while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
      const end = 2 + heard.readUInt16BE(0);
      yield heard.subarray(2, end);
      heard = heard.subarray(end);
    }
  }
}

function send(socket: Socket, answer: Buffer | undefined): void {
  if (!answer || !socket.writable) return;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(answer.length);
  socket.write(Buffer.concat([length, answer]));
}

/** Resolves when the client has taken what was sent, or is gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.once("drain", done);
    socket.once("close", done);
    if (socket.destroyed || socket.writableLength === 0) done();
  });
}
