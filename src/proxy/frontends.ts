/** Where a Service is reached, and by which rules: what both back ends make of a compiled Service. Pure. */
import type { PortRules, Protocol, ServiceRules, Target } from "./compile.ts";
import type { SchedulerName } from "./scheduler.ts";

export interface Frontend {
  protocol: Protocol;
  port: number;
  /** For those outside: a NodePort, or an address that is not of the Service range. */
  external: boolean;
  /** Undefined for a NodePort: every address of the host. */
  address?: string;
  /** Empty: connections are refused, or with {@link drops} not answered. */
  targets: readonly Target[];
  /** The target sees the node's address, so that answers come back this way wherever the client is. */
  masquerades: boolean;
  /** A Local policy has endpoints, but none on this node. */
  drops: boolean;
  affinitySeconds?: number;
  /** In userspace mode; round robin if absent. */
  scheduler?: SchedulerName;
  /** Ranges that may call; absent: everybody. */
  sources?: readonly string[];
}

/** Rule: https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-policies */
export function frontendsOf(rules: ServiceRules | undefined): Frontend[] {
  return rules?.ports.flatMap(frontendsOfPort) ?? [];
}

function frontendsOfPort(port: PortRules): Frontend[] {
  const { protocol, targets, affinitySeconds, scheduler } = port;
  const local = targets.filter((target) => target.local);
  const way = (isLocal: boolean) => ({
    protocol,
    targets: isLocal ? local : targets,
    drops: isLocal && local.length === 0 && targets.length > 0,
    ...(affinitySeconds !== undefined && { affinitySeconds }),
    ...(scheduler && { scheduler }),
  });
  const inside = { ...way(port.internalLocal ?? false), external: false, masquerades: false };
  const outside = { ...way(port.externalLocal ?? false), external: true, masquerades: !port.externalLocal };
  return [
    ...port.addresses.map((address) => ({ ...inside, address, port: port.port })),
    ...(port.externalAddresses ?? []).map(({ ip, sources }) => ({
      ...outside,
      address: ip,
      port: port.port,
      ...(sources && { sources }),
    })),
    ...(port.nodePort === undefined ? [] : [{ ...outside, port: port.nodePort }]),
  ];
}
