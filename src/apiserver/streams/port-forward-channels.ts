/**
 * Port forwarding over WebSocket channels, as clients other than kubectl do it: the query names the ports, each has a
 * channel for data (2 n) and one for an error's text (2 n + 1), and the first message on each is the port's number.
 */
import type { WebSocket } from "ws";
import type { Clock } from "../../machinery/clock.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { ChannelSocket } from "./channel-socket.ts";
import { type ForwardedPort, forwardConnection, parsePort } from "./forward-connection.ts";

export const webSocketForwardProtocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

/** @throws StatusError BadRequest when there is none, or one is no port. */
export function requestedPorts(query: URLSearchParams): number[] {
  const ports = query.getAll("ports");
  if (ports.length === 0) throw StatusError.badRequest('query parameter "ports" is required');
  return ports.flatMap((list) => list.split(",")).map(parsePort);
}

/** Serves the connection until all ports are done with. Never rejects. */
export async function servePortForwardChannels(
  webSocket: WebSocket,
  protocol: string,
  ports: readonly number[],
  forwardedPort: (port: number, signal: AbortSignal) => ForwardedPort,
  clock: Clock,
): Promise<void> {
  const socket = new ChannelSocket(webSocket, protocol, clock);
  const forwards = ports.map(async (port, index) => {
    const [data, error] = [2 * index, 2 * index + 1];
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    const fromClient = socket.readable(data);
    socket.send(data, number, () => {});
    socket.send(error, number, () => {});
    const failure = await forwardConnection(forwardedPort(port, socket.closed), fromClient, socket.writable(data));
    if (failure) socket.send(error, Buffer.from(failure), () => {});
  });
  await Promise.all(forwards);
  await socket.finish();
}
