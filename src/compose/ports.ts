/** `ports` and `expose`: https://docs.docker.com/reference/compose-file/services/#ports */
import type { Context } from "./context.ts";
import type { Value } from "./document.ts";
import { Mapping, textOf } from "./mapping.ts";
import type { Located } from "./problem.ts";

export interface PublishedPort {
  containerPort: number;
  protocol: "TCP" | "UDP" | "SCTP";
  /** Absent for a port that is reached by other services only. */
  hostPort?: number;
  hostIP?: string;
}

const short =
  /^(?:(?:(?<ip>\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]):)?(?<host>\d+(?:-\d+)?)?:)?(?<container>\d+(?:-\d+)?)(?:\/(?<protocol>\w+))?$/;

/** Ports of both lists. A container's port has one host port in Kubernetes; further ones are told to be missing. */
export function convertPorts(service: Mapping, context: Context): PublishedPort[] {
  const ports = new Map<string, PublishedPort>();
  for (const item of service.list("ports")?.items ?? []) {
    for (const port of convertPort(item, context)) {
      const key = portKey(port);
      const other = ports.get(key);
      if (!other?.hostPort) ports.set(key, port);
      else if (port.hostPort && !isSame(port, other)) {
        const [name, known] = [key.toLowerCase(), printHost(other)];
        context.findings.skipped(item, `is not converted: ${name} is published as ${known}, and can be once only`);
      }
    }
  }
  for (const item of service.list("expose")?.items ?? []) {
    for (const port of convertExposed(item, context)) if (!ports.has(portKey(port))) ports.set(portKey(port), port);
  }
  return [...ports.values()];
}

function isSame(a: PublishedPort, b: PublishedPort): boolean {
  return printHost(a) === printHost(b);
}

function printHost({ hostIP, hostPort }: PublishedPort): string {
  return `${hostIP ? `${hostIP}:` : ""}${hostPort ?? ""}`;
}

/** Identifies what is listened on inside the container. */
export function portKey({ containerPort, protocol }: PublishedPort): string {
  return `${containerPort}/${protocol}`;
}

function convertPort(item: Value, context: Context): PublishedPort[] {
  if (item.type === "mapping") return convertLong(new Mapping(item, context.findings), context);
  const text = textOf(item, context.findings);
  if (text === undefined) return [];
  const groups = short.exec(text)?.groups;
  if (!groups) {
    context.findings.error(item, `invalid port ${JSON.stringify(text)}: expected [[IP:]HOST:]CONTAINER[/PROTOCOL]`);
    return [];
  }
  return pair(item, context, {
    container: groups["container"] ?? "",
    ...(groups["host"] && { host: groups["host"] }),
    ...(groups["ip"] && { ip: groups["ip"].replace(/^\[|\]$/g, "") }),
    protocol: groups["protocol"] ?? "tcp",
  });
}

function convertLong(port: Mapping, context: Context): PublishedPort[] {
  const container = port.text("target");
  const [host, ip] = [port.text("published"), port.text("host_ip")];
  const protocol = port.text("protocol") ?? "tcp";
  // There is one host: a port published by the swarm's mesh and by the host are the same.
  const mode = port.text("mode");
  if (mode !== undefined && mode !== "host" && mode !== "ingress") {
    context.findings.error(port, `invalid mode ${JSON.stringify(mode)}`);
  }
  port.reportRest();
  if (container === undefined) {
    context.findings.error(port, "target is required");
    return [];
  }
  return pair(port, context, { container, protocol, ...(host && { host }), ...(ip && { ip }) });
}

function convertExposed(item: Value, context: Context): PublishedPort[] {
  const [container = "", protocol = "tcp"] = textOf(item, context.findings)?.split("/") ?? [];
  return pair(item, context, { container, protocol }, "inside");
}

function pair(
  at: Located,
  { findings }: Context,
  port: { container: string; host?: string; ip?: string; protocol: string },
  reach: "host" | "inside" = "host",
): PublishedPort[] {
  const protocol = port.protocol.toUpperCase();
  if (protocol !== "TCP" && protocol !== "UDP" && protocol !== "SCTP") {
    findings.error(at, `invalid protocol ${JSON.stringify(port.protocol)}`);
    return [];
  }
  const [inside, outside] = [range(port.container), port.host ? range(port.host) : undefined];
  if (!inside || (port.host && !outside)) {
    findings.error(at, "a port is a number between 1 and 65535, or a range of them");
    return [];
  }
  if (outside && outside.length !== inside.length) {
    findings.error(at, `the ranges ${port.host} and ${port.container} are not of the same length`);
    return [];
  }
  if (!outside && reach === "host") {
    findings.skipped(at, "a free port of the host is not chosen: name the one to publish, as in 8080:80");
  }
  const hostIP = port.ip && port.ip !== "0.0.0.0" && port.ip !== "::" ? port.ip : undefined;
  return inside.map((containerPort, index) => {
    const hostPort = outside?.[index];
    return { containerPort, protocol, ...(hostPort && { hostPort }), ...(hostPort && hostIP && { hostIP }) };
  });
}

function range(text: string): number[] | undefined {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last ?? first)];
  if (!first || from < 1 || to > 65535 || to < from) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
