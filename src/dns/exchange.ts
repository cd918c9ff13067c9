/** One question to one server, over UDP or TCP. */
import { createSocket } from "node:dgram";
import { createConnection, isIPv6 } from "node:net";
import { answersQuery } from "./message.ts";

export type Transport = "udp" | "tcp";

export interface Server {
  address: string;
  port: number;
}

/**
 * Sends the query and resolves with the answer to it.
 * @param questionEnd where the query's question ends.
 * @throws when the server refuses, or `signal` aborts.
 */
export function exchange(
  server: Server,
  query: Buffer,
  questionEnd: number,
  transport: Transport,
  signal: AbortSignal,
): Promise<Buffer> {
  return transport === "udp"
    ? overUdp(server, query, questionEnd, signal)
    : overTcp(server, query, questionEnd, signal);
}

/** A socket of its own for each query: its port is as hard to guess as the id (RFC 5452). */
function overUdp({ address, port }: Server, query: Buffer, questionEnd: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw new Error(`${address} is not needed any more`);
    const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4", signal });
    let closed = false;
    const close = (): void => {
      if (!closed) socket.close();
      closed = true;
    };
    socket.once("close", () => {
      closed = true;
      reject(new Error(`${address} did not answer`));
    });
    socket.on("error", (error) => {
      reject(error);
      close();
    });
    socket.on("message", (message) => {
      if (!answersQuery(message, query, questionEnd)) return;
      resolve(message);
      close();
    });
    // A connected socket hears only this server, and hears of a closed port.
    socket.connect(port, address, () => socket.send(query));
  });
}

function overTcp({ address, port }: Server, query: Buffer, questionEnd: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: address, port, signal });
    let heard = Buffer.alloc(0);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`${address} closed the connection`)));
    socket.on("data", (data) => {
      heard = Buffer.concat([heard, data]);
      if (heard.length < 2 || heard.length < 2 + heard.readUInt16BE(0)) return;
      const message = heard.subarray(2, 2 + heard.readUInt16BE(0));
      if (answersQuery(message, query, questionEnd)) resolve(message);
      else reject(new Error(`${address} answered something else`));
      socket.destroy();
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  });
}
