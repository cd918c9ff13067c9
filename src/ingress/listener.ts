/** Connections of clients: what they speak is found out, and each is served in it. */
import { performServerHandshake, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import type { Clock } from "../machinery/clock.ts";
import type { Certificates, KeyPair } from "./certificates.ts";
import { isWholeRecord, namesHost } from "./client-hello.ts";
import type { ClientFacts } from "./front.ts";
import type { Gateway } from "./gateway.ts";
import { ClientConnection } from "./http1/client-connection.ts";
import { ClientStream } from "./http2/client-stream.ts";
import type { IngressPorts } from "./ports.ts";

const handshakeMs = 10_000;
/** With which HTTP/2 begins where it is not agreed on before (RFC 9113, section 3.3). */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const mostStreams = 256;
const stopMs = 1_000;

export class Listener {
  readonly #gateway: Gateway;
  /** For clients that name no host. */
  readonly #tls: TlsServer;
  readonly #tlsByName: TlsServer;
  readonly #connections = new Set<ClientConnection>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();
  #default: KeyPair | undefined;

  constructor(gateway: Gateway, certificates: Certificates) {
    this.#gateway = gateway;
    const common = { ALPNProtocols: ["h2", "http/1.1"], handshakeTimeout: handshakeMs };
    // No certificate of its own: Node would offer it beside the host's, if that has a key of another kind.
    this.#tlsByName = createTlsServer({
      ...common,
      SNICallback: (name, done) => done(null, certificates.contextFor(name)),
    });
    this.#tls = createTlsServer(common);
  }

  serve(ports: IngressPorts): void {
    for (const tls of [this.#tls, this.#tlsByName]) {
      tls.on("tlsClientError", (_, socket) => socket.destroy());
      tls.on("secureConnection", (socket) => this.#serveTls(socket, ports.https));
    }
    ports.serve(
      (socket) => this.#servePlain(socket, ports.http),
      (socket) => this.#startTls(socket),
    );
  }

  /** For clients that name no host. */
  setDefault(pair: KeyPair): void {
    if (pair === this.#default) return;
    this.#default = pair;
    const { certificate, key } = pair;
    this.#tls.setSecureContext({ cert: certificate, key });
  }

  /** What is under way may finish, for a moment. */
  async stop(clock: Clock): Promise<void> {
    for (const connection of this.#connections) connection.stop();
    for (const session of this.#sessions) session.close();
    if (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(stopMs, resolve);
        const gone = (): void => {
          if (this.#sockets.size > 0) return;
          timer[Symbol.dispose]();
          resolve();
        };
        for (const socket of this.#sockets) socket.once("close", gone);
      });
    }
    for (const socket of this.#sockets) socket.destroy();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #startTls(socket: Socket): void {
    this.#track(socket);
    socket.setNoDelay();
    socket.setTimeout(handshakeMs, () => socket.destroy());
    const begin = (heard: Buffer): void => {
      socket.once("data", (data: Buffer) => {
        const hello = heard.length > 0 ? Buffer.concat([heard, data]) : data;
        if (!isWholeRecord(hello)) {
          begin(hello);
          return;
        }
        socket.pause();
        socket.removeAllListeners("timeout");
        socket.setTimeout(0);
        socket.unshift(hello);
        (namesHost(hello) ? this.#tlsByName : this.#tls).emit("connection", socket);
      });
    };
    begin(Buffer.alloc(0));
  }

  #servePlain(socket: Socket, port: number): void {
    this.#track(socket);
    const facts = factsOf(socket, port, false);
    const begin = (heard: Buffer): void => {
      socket.once("data", (piece: Buffer) => {
        const data = heard.length > 0 ? Buffer.concat([heard, piece]) : piece;
        const length = Math.min(data.length, preface.length);
        const isHttp2 = data.subarray(0, length).equals(preface.subarray(0, length));
        if (!isHttp2) this.#serveHttp1(socket, facts).hear(data);
        else if (length < preface.length) begin(data);
        else {
          socket.pause();
          socket.unshift(data);
          this.#serveHttp2(socket, facts);
        }
      });
    };
    begin(Buffer.alloc(0));
    socket.setTimeout(handshakeMs, () => socket.destroy());
  }

  #serveTls(socket: TLSSocket, port: number): void {
    const facts = factsOf(socket, port, true);
    if (socket.alpnProtocol === "h2") this.#serveHttp2(socket, facts);
    else this.#serveHttp1(socket, facts);
  }

  #serveHttp1(socket: Socket, facts: ClientFacts): ClientConnection {
    socket.removeAllListeners("timeout");
    const connection = new ClientConnection(this.#gateway, socket, facts, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }

  #serveHttp2(socket: Socket, facts: ClientFacts): void {
    if (socket.destroyed) return;
    socket.removeAllListeners("timeout");
    socket.setTimeout(0);
    socket.setNoDelay();
    const session = performServerHandshake(socket, { settings: { maxConcurrentStreams: mostStreams } });
    this.#sessions.add(session);
    session.on("error", () => session.destroy());
    session.once("close", () => this.#sessions.delete(session));
    session.on("stream", (stream, headers) => ClientStream.serve(this.#gateway, stream, headers, facts));
  }
}

function factsOf(socket: Socket, port: number, secure: boolean): ClientFacts {
  const address = socket.remoteAddress ?? "";
  return { secure, port, address: address.startsWith("::ffff:") ? address.slice(7) : address };
}
