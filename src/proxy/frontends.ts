/** Where a Service is reached, and by which rules: what both back ends make of a compiled Service. Pure. */
import type { PortRules, Protocol, ServiceRules, Target } from "./compile.ts";
import type { SchedulerName } from "./scheduler.ts";

export interface Frontend {
  /** Of its address, or of the host's addresses; IPv4 if absent. */
  ipv6?: true;
  protocol: Protocol;
  port: number;
  /** For those outside: a NodePort, or an address that is not of the Service range. */
  external: boolean;
  /** Undefined for a NodePort: every address of the host, of that family. */
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
  const frontends: Frontend[] = [];
  for (const port of rules?.ports ?? []) addFrontends(frontends, port);
  return frontends;
}

function addFrontends(frontends: Frontend[], port: PortRules): void {
  const { addresses, externalAddresses, nodePort, internalLocal = false, externalLocal = false } = port;
  for (const address of addresses) {
    const frontend = way(port, internalLocal);
    frontend.address = address;
    frontends.push(frontend);
  }
  if (!externalAddresses && nodePort === undefined) return;
  const outside = { ...way(port, externalLocal), external: true, masquerades: !externalLocal };
  for (const { ip, sources } of externalAddresses ?? []) {
    frontends.push({ ...outside, address: ip, ...(sources && { sources }) });
  }
  if (nodePort !== undefined) frontends.push({ ...outside, port: nodePort });
}

/** What all ways in of a port have in common that are, or are not, under a Local policy. */
function way(
  { ipv6, protocol, port, targets: all, affinitySeconds, scheduler }: PortRules,
  isLocal: boolean,
): Frontend {
  const targets = isLocal ? all.filter((target) => target.local) : all;
  const drops = targets.length === 0 && all.length > 0;
  const frontend: Frontend = { protocol, port, external: false, targets, masquerades: false, drops };
  if (ipv6) frontend.ipv6 = ipv6;
  if (affinitySeconds !== undefined) frontend.affinitySeconds = affinitySeconds;
  if (scheduler) frontend.scheduler = scheduler;
  return frontend;
}
