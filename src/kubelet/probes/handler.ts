/** Carries out what a probe or a lifecycle hook says, against one running container. */
import type { ContainerRuntime } from "../../machinery/container-runtime.ts";
import type { Container, Probe } from "../../machinery/types.ts";
import { probeExec } from "./exec.ts";
import { probeGrpc } from "./grpc.ts";
import { type HttpTarget, probeHttp } from "./http.ts";
import type { Outcome } from "./outcome.ts";
import { probeTcp } from "./tcp.ts";

export type Handler = Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc">;

export interface Target {
  runtime: Pick<ContainerRuntime, "exec">;
  container: Container;
  /** Of the running instance. */
  id: string;
  podIp: string;
  /**
   * Address of the node that connections to the Pod come from; undefined: as the routes say, which is the bridge's. That
   * is also where this host's connections through Services come from: the two would take each other's ports, and a
   * connection that the kernel moved to another port may meet remains of a third there, and wait a second.
   */
  from?: string;
}

/** A port by number or by the name that the container gave it. @throws Error when there is none of that name. */
export function portNumber(container: Container, port: string | number): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find(({ name }) => name === port);
  const number = named?.containerPort ?? Number(port);
  if (!Number.isInteger(number)) throw new Error(`couldn't find port: ${port} in container ${container.name}`);
  return number;
}

export function httpTarget({ container, podIp, from }: Target, action: NonNullable<Handler["httpGet"]>): HttpTarget {
  return {
    scheme: action.scheme === "HTTPS" ? "https" : "http",
    address: action.host || podIp,
    port: portNumber(container, action.port),
    path: action.path ?? "/",
    headers: action.httpHeaders ?? [],
    ...(!action.host && from !== undefined && { from }),
  };
}

/** @throws Error when the attempt itself could not be made (the engine is gone, no such port). */
export async function attempt(handler: Handler, target: Target, timeoutMs: number): Promise<Outcome> {
  const outcome = await attemptOnce(handler, target, timeoutMs);
  if (!outcome.addressGone || target.from === undefined) return outcome;
  // The host may have moved to another network since.
  const { from: _, ...anywhere } = target;
  return attemptOnce(handler, anywhere, timeoutMs);
}

async function attemptOnce(handler: Handler, target: Target, timeoutMs: number): Promise<Outcome> {
  const { exec, httpGet, tcpSocket, grpc } = handler;
  if (exec) return probeExec(target.runtime, target.id, exec.command ?? [], timeoutMs);
  if (httpGet) return probeHttp(httpTarget(target, httpGet), timeoutMs);
  if (tcpSocket) {
    const port = portNumber(target.container, tcpSocket.port);
    if (tcpSocket.host) return probeTcp(tcpSocket.host, port, timeoutMs);
    return probeTcp(target.podIp, port, timeoutMs, target.from);
  }
  if (grpc) return probeGrpc(target.podIp, grpc.port, grpc.service ?? "", timeoutMs, target.from);
  throw new Error(`missing probe handler for ${target.container.name}`);
}
