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
}

/** A port by number or by the name that the container gave it. @throws Error when there is none of that name. */
export function portNumber(container: Container, port: string | number): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find(({ name }) => name === port);
  const number = named?.containerPort ?? Number(port);
  if (!Number.isInteger(number)) throw new Error(`couldn't find port: ${port} in container ${container.name}`);
  return number;
}

export function httpTarget({ container, podIp }: Target, action: NonNullable<Handler["httpGet"]>): HttpTarget {
  return {
    scheme: action.scheme === "HTTPS" ? "https" : "http",
    address: action.host || podIp,
    port: portNumber(container, action.port),
    path: action.path ?? "/",
    headers: action.httpHeaders ?? [],
  };
}

/** @throws Error when the attempt itself could not be made (the engine is gone, no such port). */
export async function attempt(handler: Handler, target: Target, timeoutMs: number): Promise<Outcome> {
  const { exec, httpGet, tcpSocket, grpc } = handler;
  if (exec) return probeExec(target.runtime, target.id, exec.command ?? [], timeoutMs);
  if (httpGet) return probeHttp(httpTarget(target, httpGet), timeoutMs);
  if (tcpSocket) {
    return probeTcp(tcpSocket.host || target.podIp, portNumber(target.container, tcpSocket.port), timeoutMs);
  }
  if (grpc) return probeGrpc(target.podIp, grpc.port, grpc.service ?? "", timeoutMs);
  throw new Error(`missing probe handler for ${target.container.name}`);
}
