/**
 * One Service's rules as elements of the table's maps (docs/adr/0006-elements-only.md): a change of a Service changes
 * elements, never chains. Pure.
 */
import { type Cidr, contains } from "../machinery/cidr.ts";
import type { PortRules, ServiceRules, Target } from "./compile.ts";

export type NftMap = "services" | "nodeports" | "endpoints" | "nodeport-endpoints";

/** Key of an element → its value, per map: `10.96.7.10 . tcp . 80` → `goto c3`. */
export type Elements = Readonly<Record<NftMap, ReadonlyMap<string, string>>>;

/** Chain that spreads the connections over `size` endpoints. */
export interface SpreadChain {
  /** Reached by a virtual address, or by a NodePort. */
  via: "address" | "nodeport";
  /** At random, or the same for the same client (`sessionAffinity: ClientIP`). */
  by: "random" | "client";
  size: number;
}

export const nftMaps: readonly NftMap[] = ["services", "nodeports", "endpoints", "nodeport-endpoints"];

/** Most endpoints that a port of these Services has. */
export function largestSize(services: Iterable<ServiceRules>): number {
  let largest = 0;
  for (const { ports } of services) for (const { targets } of ports) largest = Math.max(largest, targets.length);
  return largest;
}

/** Every chain for Services of up to `size` endpoints. */
export function chainsUpTo(size: number): SpreadChain[] {
  return (["address", "nodeport"] as const).flatMap((via) =>
    (["random", "client"] as const).flatMap((by) =>
      Array.from({ length: size }, (_, index): SpreadChain => ({ via, by, size: index + 1 })),
    ),
  );
}

/** `c3`, `n3` for random choice among three; `ca3`, `na3` with affinity. */
export function chainName({ via, by, size }: SpreadChain): string {
  return `${via === "address" ? "c" : "n"}${by === "client" ? "a" : ""}${size}`;
}

/** Elements of one Service; a port without endpoints has none, so that its connections are refused. */
export function elementsOf(rules: ServiceRules | undefined): Elements {
  const elements: Record<NftMap, Map<string, string>> = {
    services: new Map(),
    nodeports: new Map(),
    endpoints: new Map(),
    "nodeport-endpoints": new Map(),
  };
  for (const port of rules?.ports ?? []) {
    const size = port.targets.length;
    if (size === 0) continue;
    const by = port.affinitySeconds === undefined ? "random" : "client";
    for (const frontend of frontendsOf(port)) {
      const { via, key } = frontend;
      const [entries, endpoints] = via === "address" ? (["services", "endpoints"] as const) : nodePortMaps;
      elements[entries].set(key, `goto ${chainName({ via, by, size })}`);
      for (const [index, target] of port.targets.entries()) {
        elements[endpoints].set(`${key} . ${index}`, `${target.ip} . ${target.port}`);
      }
    }
  }
  return elements;
}

const nodePortMaps = ["nodeports", "nodeport-endpoints"] as const;

function frontendsOf(port: PortRules): { via: SpreadChain["via"]; key: string }[] {
  const frontends: { via: SpreadChain["via"]; key: string }[] = port.addresses.map((ip) => ({
    via: "address",
    key: `${ip} . ${port.protocol} . ${port.port}`,
  }));
  if (port.nodePort !== undefined) frontends.push({ via: "nodeport", key: `${port.protocol} . ${port.nodePort}` });
  return frontends;
}

/** Pod addresses among the Service's targets: those that may call themselves through it. */
export function podAddressesOf(rules: ServiceRules | undefined, pods: Cidr): ReadonlySet<string> {
  const targets: readonly Target[] = rules?.ports.flatMap((port) => port.targets) ?? [];
  return new Set(targets.map((target) => target.ip).filter((ip) => contains(pods, ip)));
}
