/** What `pods/proxy` and `services/proxy` lead to: `[scheme:]name[:port]`, as an address and a port. */
import type { Client } from "../../machinery/client.ts";
import { endpoints, pods, services } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Pod, Service } from "../../machinery/types.ts";

export interface ProxyTarget {
  scheme: "http" | "https";
  host: string;
  port: number;
}

type Reader = Pick<Client, "get">;

interface Asked {
  scheme: "http" | "https";
  name: string;
  port: string;
}

/**
 * https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls
 * @throws StatusError BadRequest.
 */
export function parseProxyName(resource: "pods" | "services", text: string): Asked {
  const parts = text.split(":");
  const scheme = parts.length === 3 ? parts.shift() || "http" : "http";
  const [name = "", port = ""] = parts;
  if (parts.length > 2 || name === "" || (scheme !== "http" && scheme !== "https")) {
    throw StatusError.badRequest(`invalid ${resource === "pods" ? "pod" : "service"} request ${JSON.stringify(text)}`);
  }
  return { scheme, name, port };
}

/** @throws StatusError NotFound, BadRequest for a Pod that has no address yet. */
export function podTarget(client: Reader, namespace: string, text: string): ProxyTarget {
  const { scheme, name, port } = parseProxyName("pods", text);
  const pod = client.get(pods, { namespace, name });
  if (!pod) throw StatusError.notFound(pods, name);
  const host = pod.status?.podIP;
  if (!host) throw StatusError.badRequest("address not allowed");
  return { scheme, host, port: port ? portNumber(port) : firstPort(pod, scheme) };
}

function firstPort(pod: Pod, scheme: string): number {
  const declared = pod.spec?.containers.flatMap((container) => container.ports ?? [])[0]?.containerPort;
  return declared ?? (scheme === "https" ? 443 : 80);
}

/**
 * A ready endpoint of the Service, any of them.
 * @param random from 0 up to 1.
 * @throws StatusError NotFound; ServiceUnavailable when nothing stands behind the port, in the words of Kubernetes.
 */
export function serviceTarget(client: Reader, namespace: string, text: string, random: number): ProxyTarget {
  const { scheme, name, port } = parseProxyName("services", text);
  const service = client.get(services, { namespace, name });
  if (!service) throw StatusError.notFound(services, name);
  const portName = endpointPortName(service, port);
  const subsets = client.get(endpoints, { namespace, name })?.subsets ?? [];
  const targets = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports
      .filter((candidate) => (candidate.name ?? "") === portName)
      .flatMap((candidate) => addresses.map(({ ip }) => ({ scheme, host: ip, port: candidate.port }))),
  );
  const target = targets[Math.floor(random * targets.length)];
  if (target) return target;
  throw StatusError.serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
}

/** Endpoints name their ports as the Service does; a port is asked for by name or number, or not at all when there is one. */
function endpointPortName(service: Service, asked: string): string {
  const ports = service.spec?.ports ?? [];
  const found = asked === "" && ports.length === 1 ? ports[0] : ports.find(({ name = "" }) => name === asked);
  const port = found ?? ports.find((candidate) => String(candidate.port) === asked);
  if (port) return port.name ?? "";
  throw StatusError.serviceUnavailable(
    `no service port ${JSON.stringify(asked)} found for service ${JSON.stringify(service.metadata?.name)}`,
  );
}

/** @throws StatusError BadRequest. */
function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw StatusError.badRequest(`invalid port ${JSON.stringify(text)}`);
}
