/**
 * Services and their EndpointSlices → the rules that a back end puts in force. Pure; the rule set is a value.
 * Rule: https://kubernetes.io/docs/reference/networking/virtual-ips/ and, for which endpoints count, KEP-1669.
 */
import { parseIpv4 } from "../machinery/cidr.ts";
import type { Endpoint, EndpointSlice, Service, ServicePort } from "../machinery/types.ts";

export type Protocol = "tcp" | "udp";

/** Where a connection may go. */
export interface Target {
  ip: string;
  port: number;
  /** Absent for endpoints that are not Pods. */
  podUid?: string;
}

/** One port of a Service: where it is reached, and what answers. */
export interface PortRules {
  /** The Service port's name; `""` for the only, unnamed one. */
  name: string;
  protocol: Protocol;
  /** Virtual addresses that answer on `port`. */
  addresses: readonly string[];
  port: number;
  /** Answers on every address of the host. */
  nodePort?: number;
  /** The same client goes to the same target (`sessionAffinity: ClientIP`), forgotten after so many idle seconds. */
  affinitySeconds?: number;
  /** Ordered by address and port, without doubles. Empty: connections are refused. */
  targets: readonly Target[];
}

export interface ServiceRules {
  ports: readonly PortRules[];
}

/** Rules by Service key (`namespace/name`). */
export type RuleSet = ReadonlyMap<string, ServiceRules>;

/** The change of one Service between two rule sets: `before` absent when it is new, `after` when it is gone. */
export interface RuleChange {
  before?: ServiceRules;
  after?: ServiceRules;
}

const defaultAffinitySeconds = 10_800;

/**
 * @param answeredElsewhere cluster IPs on which the host itself listens (the DNS address).
 * @returns undefined for a Service without a virtual address: headless, ExternalName, or answered elsewhere.
 */
export function compileService(
  service: Service,
  slices: readonly EndpointSlice[],
  answeredElsewhere: ReadonlySet<string> = new Set(),
): ServiceRules | undefined {
  const spec = service.spec;
  if (!spec || spec.type === "ExternalName") return undefined;
  const clusterIps = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  const addresses = clusterIps.filter((ip) => parseIpv4(ip) !== undefined && !answeredElsewhere.has(ip));
  if (addresses.length === 0) return undefined;
  const affinitySeconds =
    spec.sessionAffinity === "ClientIP"
      ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds)
      : undefined;
  const ipv4Slices = slices.filter((slice) => slice.addressType === "IPv4");
  const hasNodePorts = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const ports = (spec.ports ?? []).flatMap((port): PortRules[] => {
    const protocol = protocolOf(port.protocol);
    if (!protocol) return [];
    return [
      {
        name: port.name ?? "",
        protocol,
        addresses,
        port: port.port,
        ...(hasNodePorts && port.nodePort && { nodePort: port.nodePort }),
        ...(affinitySeconds !== undefined && { affinitySeconds }),
        targets: targetsOf(port, ipv4Slices),
      },
    ];
  });
  return { ports };
}

/** UIDs of the Pods that new connections to the Service may reach. */
export function podUidsOf(rules: ServiceRules): ReadonlySet<string> {
  return new Set(rules.ports.flatMap((port) => port.targets.flatMap((target) => target.podUid ?? [])));
}

function protocolOf(protocol: string | undefined): Protocol | undefined {
  if (protocol === undefined || protocol === "TCP") return "tcp";
  return protocol === "UDP" ? "udp" : undefined;
}

function targetsOf(port: ServicePort, slices: readonly EndpointSlice[]): Target[] {
  const ready = new Map<string, Target>();
  const lastResort = new Map<string, Target>();
  for (const slice of slices) {
    for (const slicePort of slice.ports ?? []) {
      if ((slicePort.name ?? "") !== (port.name ?? "") || !slicePort.port) continue;
      if ((slicePort.protocol ?? "TCP") !== (port.protocol ?? "TCP")) continue;
      for (const endpoint of slice.endpoints) {
        const into = isReady(endpoint) ? ready : isServingWhileTerminating(endpoint) ? lastResort : undefined;
        if (into) addTarget(into, endpoint, slicePort.port);
      }
    }
  }
  const chosen = ready.size > 0 ? ready : lastResort;
  return [...chosen.values()].sort(byAddress);
}

function addTarget(into: Map<string, Target>, endpoint: Endpoint, port: number): void {
  // Addresses of one endpoint are interchangeable: consumers use the first (EndpointSlice API, `addresses`).
  const ip = endpoint.addresses[0];
  if (!ip || parseIpv4(ip) === undefined) return;
  const podUid = endpoint.targetRef?.kind === "Pod" ? endpoint.targetRef.uid : undefined;
  into.set(`${ip}:${port}`, { ip, port, ...(podUid && { podUid }) });
}

/** A condition that is absent means "unknown", which counts as true (EndpointSlice API, `conditions`). */
function isReady(endpoint: Endpoint): boolean {
  return endpoint.conditions?.ready ?? true;
}

/** A Pod that is shutting down but still answers is used when there is nothing better. */
function isServingWhileTerminating(endpoint: Endpoint): boolean {
  const { serving, terminating } = endpoint.conditions ?? {};
  return serving === true && terminating === true;
}

function byAddress(a: Target, b: Target): number {
  return (parseIpv4(a.ip) ?? 0) - (parseIpv4(b.ip) ?? 0) || a.port - b.port;
}
