/**
 * Variables that tell a container about the Services there were when it started: `{NAME}_SERVICE_HOST`, `{NAME}_SERVICE_PORT`
 * and those of Docker's old container links. Rule: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
import { hostPort } from "../machinery/ipv6.ts";
import type { Service } from "../machinery/types.ts";

const variable = (text: string) => text.toUpperCase().replaceAll("-", "_");

function hasClusterIp({ spec }: Service): boolean {
  return spec?.clusterIP !== undefined && spec.clusterIP !== "" && spec.clusterIP !== "None";
}

/**
 * @param services those of the Pod's namespace (none with `enableServiceLinks: false`), and `kubernetes`.
 * @returns names and values; a later Service of the same name wins.
 */
export function serviceEnv(services: readonly Service[]): Map<string, string> {
  const env = new Map<string, string>();
  for (const service of services) {
    if (hasClusterIp(service)) addService(env, service);
  }
  return env;
}

function addService(env: Map<string, string>, service: Service): void {
  const name = variable(service.metadata?.name ?? "");
  const address = service.spec?.clusterIP ?? "";
  const ports = service.spec?.ports ?? [];
  env.set(`${name}_SERVICE_HOST`, address);
  for (const [index, { name: portName, port, protocol = "TCP" }] of ports.entries()) {
    const kind = protocol.toLowerCase();
    const url = `${kind}://${hostPort(address, port)}`;
    if (index === 0) {
      env.set(`${name}_SERVICE_PORT`, String(port));
      env.set(`${name}_PORT`, url);
    }
    if (portName) env.set(`${name}_SERVICE_PORT_${variable(portName)}`, String(port));
    const link = `${name}_PORT_${port}_${protocol.toUpperCase()}`;
    env.set(link, url);
    env.set(`${link}_PROTO`, kind);
    env.set(`${link}_PORT`, String(port));
    env.set(`${link}_ADDR`, address);
  }
}
