/**
 * One Service's rules as elements of the table's maps and sets (docs/adr/0006-elements-only.md): a change of a Service
 * changes elements, never chains. Pure.
 */
import { type Cidr, contains } from "../machinery/cidr.ts";
import type { ServiceRules, Target } from "./compile.ts";
import { type Frontend, frontendsOf } from "./frontends.ts";

/** Maps and sets of the table by name; those with elements of a whole Service are filled by {@link elementsOf}. */
export const nftMaps = [
  "services",
  "nodeports",
  "endpoints",
  "nodeport-endpoints",
  "affine",
  "affine-nodeports",
  "refused",
  "restricted",
  "sources",
] as const;

export type NftMap = (typeof nftMaps)[number];

/** Key of an element → its value, per map: `10.96.7.10 . tcp . 80` → `goto c3`. Elements of sets have the value "". */
export type Elements = Readonly<Record<NftMap, ReadonlyMap<string, string>>>;

/** Chain that spreads the connections over `size` endpoints. */
export interface SpreadChain {
  /** Reached by an address of the Service, or by a NodePort. */
  via: "address" | "nodeport";
  /** The endpoint sees the node's address. */
  masquerades: boolean;
  /** The same client goes to the same endpoint (`sessionAffinity: ClientIP`). */
  remembers: boolean;
  size: number;
}

/** What the table's chains can serve. Chains cannot be added later, so a Service that needs more needs a new table. */
export interface Shape {
  /** Most endpoints of a port. */
  size: number;
  /** Idle times of affinity, in seconds. */
  affinities: ReadonlySet<number>;
  /** Some addresses answer certain ranges only. */
  restricts: boolean;
}

/** What the chains must serve for these Services. */
export function shapeOf(services: Iterable<ServiceRules>): Shape {
  let size = 0;
  let restricts = false;
  const affinities = new Set<number>();
  for (const rules of services) {
    for (const { targets, affinitySeconds, externalAddresses } of rules.ports) {
      size = Math.max(size, targets.length);
      if (affinitySeconds !== undefined) affinities.add(affinitySeconds);
      restricts ||= externalAddresses?.some(({ sources }) => sources !== undefined) ?? false;
    }
  }
  return { size, affinities, restricts };
}

export function covers(shape: Shape, needed: Shape): boolean {
  if (needed.size > shape.size || (needed.restricts && !shape.restricts)) return false;
  return [...needed.affinities].every((seconds) => shape.affinities.has(seconds));
}

/** Every chain that a table of this shape has for spreading. */
export function chainsOf({ size, affinities }: Shape): SpreadChain[] {
  return (["address", "nodeport"] as const).flatMap((via) =>
    [false, true].flatMap((masquerades) =>
      (affinities.size > 0 ? [false, true] : [false]).flatMap((remembers) =>
        Array.from({ length: size }, (_, index): SpreadChain => ({ via, masquerades, remembers, size: index + 1 })),
      ),
    ),
  );
}

/**
 * For three endpoints: `c3` for a cluster IP (or a client that keeps its address), `e3` for an external address, `n3` for a
 * NodePort, `l3` for one that keeps its clients' addresses; with affinity `ca3`, `ea3`, `na3`, `la3`.
 */
export function chainName({ via, masquerades, remembers, size }: SpreadChain): string {
  const letter = via === "address" ? (masquerades ? "e" : "c") : masquerades ? "n" : "l";
  return `${letter}${remembers ? "a" : ""}${size}`;
}

/** Chain that remembers where a client was sent, for so long. */
export function learnChainName(via: SpreadChain["via"], seconds: number): string {
  return `learn-${via}-${seconds}`;
}

/** Elements of these Services; a frontend without endpoints has none, so that its connections are refused. */
export function elementsOf(...services: readonly (ServiceRules | undefined)[]): Elements {
  const elements = emptyElements();
  for (const rules of services) for (const frontend of frontendsOf(rules)) addFrontend(elements, frontend);
  return elements;
}

export function emptyElements(): Record<NftMap, Map<string, string>> {
  return Object.fromEntries(nftMaps.map((name) => [name, new Map()])) as Record<NftMap, Map<string, string>>;
}

function addFrontend(elements: Record<NftMap, Map<string, string>>, frontend: Frontend): void {
  const { address, protocol, port, targets, masquerades, affinitySeconds, sources } = frontend;
  const via = address === undefined ? "nodeport" : "address";
  const key = address === undefined ? `${protocol} . ${port}` : `${address} . ${protocol} . ${port}`;
  const entries = elements[via === "address" ? "services" : "nodeports"];
  const endpoints = elements[via === "address" ? "endpoints" : "nodeport-endpoints"];
  if (sources) {
    elements.restricted.set(key, "");
    for (const source of sources) elements.sources.set(`${key} . ${source}`, "");
  }
  const size = targets.length;
  if (size === 0) {
    if (frontend.drops) entries.set(key, "drop");
    // Cluster IPs without an element are refused by their range.
    else if (frontend.external && address !== undefined) elements.refused.set(key, "");
    return;
  }
  const remembers = affinitySeconds !== undefined;
  entries.set(key, `goto ${chainName({ via, masquerades, remembers, size })}`);
  for (const [index, target] of targets.entries()) {
    endpoints.set(`${key} . ${index}`, `${target.ip} . ${target.port}`);
  }
  if (remembers) {
    elements[via === "address" ? "affine" : "affine-nodeports"].set(
      key,
      `goto ${learnChainName(via, affinitySeconds)}`,
    );
  }
}

/** Pod addresses among the Service's targets: those that may call themselves through it. */
export function podAddressesOf(rules: ServiceRules | undefined, pods: Cidr): ReadonlySet<string> {
  const targets: readonly Target[] = rules?.ports.flatMap((port) => port.targets) ?? [];
  return new Set(targets.map((target) => target.ip).filter((ip) => contains(pods, ip)));
}
