/** One forwarded connection: bytes both ways between the client's channel and a port inside the Pod. */
import type { Duplex, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StatusError } from "../../machinery/status-error.ts";

export interface ForwardedPort {
  port: number;
  /** For the message of an error. */
  pod: { name: string; uid: string };
  /** Connects to the port inside the Pod. */
  connect(): Promise<Duplex>;
}

/**
 * Resolves when everything the Pod had to say has been sent: the other direction goes on until the client closes it.
 * Never rejects.
 * @returns what to tell the client when there was no connection. A connection that breaks later only ends: kubectl gives up on
 * all of its connections when it is told of an error of one.
 */
export async function forwardConnection(
  forwarded: ForwardedPort,
  fromClient: Readable,
  toClient: Writable,
): Promise<string | undefined> {
  let upstream: Duplex;
  try {
    upstream = await forwarded.connect();
  } catch (error) {
    fromClient.resume();
    return forwardError(forwarded, error);
  }
  upstream.on("error", () => {});
  // A pipeline each way makes more listeners than Node thinks right, and it would write so into the log.
  upstream.setMaxListeners(0);
  pipeline(fromClient, upstream).catch(() => upstream.destroy());
  await pipeline(upstream, toClient).catch(() => {
    upstream.destroy();
    toClient.destroy();
  });
  return undefined;
}

function forwardError({ port, pod }: ForwardedPort, error: unknown): string {
  const reason = error instanceof Error ? error.message : StatusError.from(error).message;
  return `error forwarding port ${port} to pod ${pod.name}, uid ${pod.uid}: ${reason}`;
}

/** @throws StatusError BadRequest, in the kubelet's words. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw StatusError.badRequest(`unable to parse ${JSON.stringify(text)} as a port`);
  }
  if (port < 1) throw StatusError.badRequest(`port ${JSON.stringify(text)} must be > 0`);
  return port;
}
