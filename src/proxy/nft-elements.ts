/**
 * One Service's rules as elements of the table's maps and sets (docs/adr/0006-elements-only.md): a change of a Service
 * changes elements, never chains. Pure.
 */
import type { AddressRange } from "../machinery/address-range.ts";
import type { ServiceRules } from "./compile.ts";
import { type Frontend, frontendsOf } from "./frontends.ts";

/** Of a table, and of the addresses in it, as nft names both. */
export type NftFamily = "ip" | "ip6";

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
  /** The same client goes to the same endpoint (`sessionAffinity: ClientIP`), as the kernel remembers or its address says. */
  remembers: boolean;
  size: number;
}

/** What the chains of the tables can serve. Chains cannot be added later, so a Service that needs more needs a new table. */
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

/** Elements of these Services in the table of a family; a frontend without endpoints has none, so that its connections are refused. */
export function elementsOf(family: NftFamily, services: Iterable<ServiceRules>): Elements {
  const elements = emptyElements();
  for (const rules of services) {
    for (const frontend of frontendsOf(rules)) {
      if (familyOf(frontend) !== family) continue;
      putFrontend(frontend, keyOf(frontend), (map, key, value) => elements[map].set(key, value));
    }
  }
  return elements;
}

/** The table in which a frontend is found. */
export function familyOf({ ipv6 }: Pick<Frontend, "ipv6">): NftFamily {
  return ipv6 ? "ip6" : "ip";
}

/**
 * The same as texts for `nft`, in half the time, which counts when thousands of Services are put in force at once. Should two
 * of them have the same frontend, the first has it: one such pair may not keep all the others from the kernel.
 */
export function elementTextsOf(family: NftFamily, services: Iterable<ServiceRules>): Record<NftMap, string[]> {
  const texts = Object.fromEntries(nftMaps.map((name): [string, string[]] => [name, []])) as Record<NftMap, string[]>;
  const put = (map: NftMap, key: string, value: string): void => void texts[map].push(elementText(key, value));
  const taken = new Set<string>();
  for (const rules of services) {
    for (const frontend of frontendsOf(rules)) {
      if (familyOf(frontend) !== family) continue;
      const key = keyOf(frontend);
      if (taken.has(key)) continue;
      taken.add(key);
      putFrontend(frontend, key, put);
    }
  }
  return texts;
}

/** As commands of `nft` have it. @param value "" for an element of a set. */
export function elementText(key: string, value: string): string {
  return value === "" ? key : `${key} : ${value}`;
}

export function emptyElements(): Record<NftMap, Map<string, string>> {
  return Object.fromEntries(nftMaps.map((name) => [name, new Map()])) as Record<NftMap, Map<string, string>>;
}

/** As which the kernel finds a frontend: `10.96.7.10 . tcp . 80`, or `tcp . 30080` for a NodePort. */
export function keyOf({ address, protocol, port }: Frontend): string {
  return address === undefined ? `${protocol} . ${port}` : `${address} . ${protocol} . ${port}`;
}

function putFrontend(frontend: Frontend, key: string, put: (map: NftMap, key: string, value: string) => void): void {
  const { address, targets, masquerades, affinitySeconds, sources } = frontend;
  const via = address === undefined ? "nodeport" : "address";
  const entries = via === "address" ? "services" : "nodeports";
  if (sources) {
    put("restricted", key, "");
    for (const source of sources) put("sources", `${key} . ${source}`, "");
  }
  const size = targets.length;
  if (size === 0) {
    if (frontend.drops) put(entries, key, "drop");
    // Cluster IPs without an element are refused by their range.
    else if (frontend.external && address !== undefined) put("refused", key, "");
    return;
  }
  const remembers = affinitySeconds !== undefined;
  put(entries, key, `goto ${chainName({ via, masquerades, remembers, size })}`);
  const endpoints = via === "address" ? "endpoints" : "nodeport-endpoints";
  targets.forEach(({ ip, port }, index) => put(endpoints, `${key} . ${index}`, `${ip} . ${port}`));
  if (remembers && !frontend.ipv6) {
    const learning = `goto ${learnChainName(via, affinitySeconds)}`;
    put(via === "address" ? "affine" : "affine-nodeports", key, learning);
  }
}

/** Pod addresses among the Service's targets: those that may call themselves through it. @param pods of one family. */
export function podAddressesOf(rules: ServiceRules | undefined, pods: AddressRange): ReadonlySet<string> {
  const addresses = new Set<string>();
  for (const { targets } of rules?.ports ?? []) for (const { ip } of targets) if (pods.has(ip)) addresses.add(ip);
  return addresses;
}
