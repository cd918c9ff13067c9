/**
 * Services and their EndpointSlices → the rules that a back end puts in force. Pure; the rule set is a value.
 * Rule: https://kubernetes.io/docs/reference/networking/virtual-ips/ and, for which endpoints count, KEP-1669.
 */
import { parseIpv4 } from "../machinery/cidr.ts";
import { canonicalAddress, parseIpv6 } from "../machinery/ipv6.ts";
import type { Endpoint, EndpointSlice, Service, ServicePort } from "../machinery/types.ts";
import { chosenScheduler, type SchedulerName } from "./scheduler.ts";
import { disjointRanges } from "./source-ranges.ts";

export type Protocol = "tcp" | "udp" | "sctp";

/** Where a connection may go. */
export interface Target {
  ip: string;
  port: number;
  /** Absent for endpoints that are not Pods. */
  podUid?: string;
  /** On this node, as `internalTrafficPolicy: Local` and `externalTrafficPolicy: Local` mean it. */
  local?: boolean;
  /** Its share under weighted round robin, in userspace mode; 1 if absent. */
  weight?: number;
}

/** An address at which the world outside calls a Service: one of `externalIPs`, or of its load balancer. */
export interface ExternalAddress {
  ip: string;
  /** Ranges that may call (`loadBalancerSourceRanges`), none within another; absent: everybody. */
  sources?: readonly string[];
}

/** One port of a Service: where it is reached, and what answers. */
export interface PortRules {
  /** The Service port's name; `""` for the only, unnamed one. */
  name: string;
  /** All its addresses are IPv6, else IPv4. A port of a dual-stack Service has rules for both. */
  ipv6?: true;
  protocol: Protocol;
  /** Virtual addresses that answer on `port`. */
  addresses: readonly string[];
  port: number;
  /** Answer on `port` too. */
  externalAddresses?: readonly ExternalAddress[];
  /** Answers on every address of the host. */
  nodePort?: number;
  /** `internalTrafficPolicy: Local`: cluster IPs lead to local targets only. */
  internalLocal?: true;
  /** `externalTrafficPolicy: Local`: what comes from outside goes to local targets only, which see the client's address. */
  externalLocal?: true;
  /** The same client goes to the same target (`sessionAffinity: ClientIP`), forgotten after so many idle seconds. */
  affinitySeconds?: number;
  /** How userspace mode spreads connections; round robin if absent. */
  scheduler?: SchedulerName;
  /** Ordered by address and port, without doubles. Empty: connections are refused. */
  targets: readonly Target[];
}

export interface ServiceRules {
  ports: readonly PortRules[];
  /** Port on which the host tells how many endpoints are local. */
  healthCheckPort?: number;
}

/** Rules by Service key (`namespace/name`). */
export type RuleSet = ReadonlyMap<string, ServiceRules>;

/** The change of one Service between two rule sets: `before` absent when it is new, `after` when it is gone. */
export interface RuleChange {
  before?: ServiceRules;
  after?: ServiceRules;
}

const defaultAffinitySeconds = 10_800;

export interface CompileContext {
  nodeName: string;
  /** Cluster IPs on which the host itself listens (the DNS address). */
  answeredElsewhere: ReadonlySet<string>;
}

/**
 * @returns undefined for a Service without a virtual address: headless, ExternalName, or answered elsewhere.
 */
export function compileService(
  service: Service,
  slices: readonly EndpointSlice[],
  { nodeName, answeredElsewhere }: CompileContext,
): ServiceRules | undefined {
  const spec = service.spec;
  if (!spec || spec.type === "ExternalName") return undefined;
  const clusterIps = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  const virtual = clusterIps.filter((ip) => !answeredElsewhere.has(ip));
  const families = [ipv4, ipv6].filter(({ has }) => virtual.some(has));
  if (families.length === 0) return undefined;
  const affinitySeconds =
    spec.sessionAffinity === "ClientIP"
      ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds)
      : undefined;
  const scheduler = chosenScheduler(service.metadata?.annotations);
  const weightOf = (pod: string): number | undefined => scheduler?.weights.get(pod);
  const hasNodePorts = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const policies = {
    ...(spec.internalTrafficPolicy === "Local" && { internalLocal: true as const }),
    ...(spec.externalTrafficPolicy === "Local" && { externalLocal: true as const }),
  };
  const portsOf = (family: Family): PortRules[] => {
    const addresses = virtual.filter(family.has).map(canonicalAddress);
    const ofFamily = slices.filter((slice) => slice.addressType === family.addressType);
    const externalAddresses = externalAddressesOf(service, family, answeredElsewhere);
    return (spec.ports ?? []).flatMap((port): PortRules[] => {
      const protocol = protocols[port.protocol ?? "TCP"];
      if (!protocol) return [];
      return [
        {
          name: port.name ?? "",
          ...(family === ipv6 && { ipv6: true as const }),
          protocol,
          addresses,
          port: port.port,
          ...(externalAddresses.length > 0 && { externalAddresses }),
          ...(hasNodePorts && port.nodePort && { nodePort: port.nodePort }),
          ...policies,
          ...(affinitySeconds !== undefined && { affinitySeconds }),
          ...(scheduler && { scheduler: scheduler.name }),
          targets: targetsOf(port, ofFamily, nodeName, weightOf),
        },
      ];
    });
  };
  return {
    ports: families.flatMap(portsOf),
    ...(spec.healthCheckNodePort && { healthCheckPort: spec.healthCheckNodePort }),
  };
}

interface Family {
  /** Of EndpointSlices. */
  addressType: "IPv4" | "IPv6";
  /** Whether an address is of the family. */
  has: (this: void, address: string) => boolean;
}

const ipv4: Family = { addressType: "IPv4", has: (address) => parseIpv4(address) !== undefined };
const ipv6: Family = {
  addressType: "IPv6",
  has: (address) => address.includes(":") && parseIpv6(address) !== undefined,
};

/** UIDs of the Pods that new connections to the Service may reach. */
export function podUidsOf(rules: ServiceRules): ReadonlySet<string> {
  return new Set(rules.ports.flatMap((port) => port.targets.flatMap((target) => target.podUid ?? [])));
}

/**
 * Rule: https://kubernetes.io/docs/concepts/services-networking/service/#external-ips and, of load balancers, KEP-1860.
 * Who names ranges of the other family only has allowed nobody in this one.
 */
function externalAddressesOf(
  { spec, status }: Service,
  { addressType, has }: Family,
  answeredElsewhere: ReadonlySet<string>,
): ExternalAddress[] {
  const isFree = (ip: string): boolean => has(ip) && !answeredElsewhere.has(ip);
  const chosen = new Set((spec?.externalIPs ?? []).filter(isFree).map(canonicalAddress));
  const ranges = spec?.loadBalancerSourceRanges ?? [];
  const balanced =
    spec?.type === "LoadBalancer"
      ? (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode = "VIP" }) =>
          ip !== undefined && isFree(ip) && ipMode === "VIP" ? [canonicalAddress(ip)] : [],
        )
      : [];
  const others = new Set(balanced.filter((ip) => !chosen.has(ip)));
  return [
    ...[...chosen].map((ip) => ({ ip })),
    ...[...others].map((ip) => ({ ip, ...(ranges.length > 0 && { sources: disjointRanges(ranges, addressType) }) })),
  ];
}

const protocols: Readonly<Record<string, Protocol>> = { TCP: "tcp", UDP: "udp", SCTP: "sctp" };

function targetsOf(
  port: ServicePort,
  slices: readonly EndpointSlice[],
  nodeName: string,
  weightOf: (pod: string) => number | undefined,
): Target[] {
  const ready = new Map<string, Target>();
  const lastResort = new Map<string, Target>();
  for (const slice of slices) {
    for (const slicePort of slice.ports ?? []) {
      if ((slicePort.name ?? "") !== (port.name ?? "") || !slicePort.port) continue;
      if ((slicePort.protocol ?? "TCP") !== (port.protocol ?? "TCP")) continue;
      for (const endpoint of slice.endpoints) {
        const into = isReady(endpoint) ? ready : isServingWhileTerminating(endpoint) ? lastResort : undefined;
        if (into) addTarget(into, endpoint, slicePort.port, nodeName, weightOf);
      }
    }
  }
  const chosen = ready.size > 0 ? ready : lastResort;
  return [...chosen.values()].sort(byAddress);
}

function addTarget(
  into: Map<string, Target>,
  endpoint: Endpoint,
  port: number,
  nodeName: string,
  weightOf: (pod: string) => number | undefined,
): void {
  // Addresses of one endpoint are interchangeable: consumers use the first (EndpointSlice API, `addresses`).
  const [written] = endpoint.addresses;
  if (!written || !(ipv4.has(written) || ipv6.has(written))) return;
  const ip = canonicalAddress(written);
  const podUid = endpoint.targetRef?.kind === "Pod" ? endpoint.targetRef.uid : undefined;
  const local = endpoint.nodeName === nodeName;
  const weight = podUid === undefined ? undefined : weightOf(endpoint.targetRef?.name ?? "");
  into.set(`${ip}:${port}`, {
    ip,
    port,
    ...(podUid && { podUid }),
    ...(local && { local }),
    ...(weight !== undefined && { weight }),
  });
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
  const difference = (parseIpv4(a.ip) ?? 0) - (parseIpv4(b.ip) ?? 0);
  if (difference !== 0) return difference;
  if (a.ip === b.ip) return a.port - b.port;
  return (parseIpv6(a.ip) ?? 0n) < (parseIpv6(b.ip) ?? 0n) ? -1 : 1;
}
