/**
 * The text given to `nft`: the instance's whole table, or the difference between two states of some Services. Pure.
 *
 * Why the table looks as it does (docs/adr/0006-elements-only.md): Services live in maps, so the kernel finds one by a
 * hash look-up however many there are, and one chain per *number* of endpoints serves all Services of that size.
 */
import type { Cidr } from "../machinery/cidr.ts";
import type { RuleChange, RuleSet } from "./compile.ts";
import {
  chainName,
  chainsUpTo,
  type Elements,
  elementsOf,
  type NftMap,
  nftMaps,
  podAddressesOf,
  type SpreadChain,
} from "./nft-elements.ts";

export interface TableSettings {
  table: string;
  bridge: string;
  serviceCidr: string;
  pods: Cidr;
}

/** Bit of the packet mark that asks for masquerading. Not 0x4000, which is Kubernetes' own. */
const masqueradeMark = "0x20000";

/** Elements per command: keeps a command's netlink message within its limits however many Services there are. */
const elementsPerCommand = 2_000;

/** Declarations of the table's maps; the `typeof` expressions fix the types of concatenated keys. */
const declarations = `
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  map nodeports { type inet_proto . inet_service : verdict; }
  map endpoints { typeof ip daddr . meta l4proto . th dport . numgen random mod 2 : ip daddr . th dport; }
  map nodeport-endpoints { typeof meta l4proto . th dport . numgen random mod 2 : ip daddr . th dport; }
  set hairpin { type ipv4_addr . ipv4_addr; }`;

/**
 * Command lines that replace the instance's table with one for `rules`, in one transaction.
 * @param capacity chains are made for Services of up to so many endpoints. They cannot be added later: nft (1.0.6) reads the
 * `typeof` of a map that is in the kernel already as a conflict ("conflicting protocols specified: tcp vs. th").
 */
export function replaceScript(settings: TableSettings, rules: RuleSet, capacity: number): string {
  const { table, bridge, serviceCidr } = settings;
  const all = emptyElements();
  const hairpin = new Set<string>();
  for (const service of rules.values()) {
    const elements = elementsOf(service);
    for (const map of nftMaps) for (const [key, value] of elements[map]) all[map].set(key, value);
    for (const ip of podAddressesOf(service, settings.pods)) hairpin.add(ip);
  }
  return [
    `add table ip ${table}`,
    `delete table ip ${table}`,
    `table ip ${table} {${declarations}`,
    ...chainsUpTo(capacity).map((chain) => `  chain ${chainName(chain)} { ${spreadRule(chain)}; }`),
    `  chain dispatch {
    ip daddr . meta l4proto . th dport vmap @services
    fib daddr type local meta l4proto . th dport vmap @nodeports
  }
  chain prerouting { type nat hook prerouting priority dstnat - 5; policy accept; jump dispatch; }
  chain output { type nat hook output priority -105; policy accept; jump dispatch; }
  chain postrouting {
    type nat hook postrouting priority srcnat - 5; policy accept;
    meta mark & ${masqueradeMark} == ${masqueradeMark} masquerade
    ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade
    ct status dnat ip saddr . ip daddr @hairpin masquerade
  }
  chain refuse {
    ip daddr ${serviceCidr} fib daddr type != local meta l4proto tcp reject with tcp reset
    ip daddr ${serviceCidr} fib daddr type != local reject with icmp port-unreachable
  }
  chain refuse-output { type filter hook output priority filter - 5; policy accept; jump refuse; }
  chain refuse-forward { type filter hook forward priority filter - 5; policy accept; jump refuse; }
  chain guard-loopback {
    type filter hook input priority filter - 5; policy accept;
    iifname "${bridge}" ip daddr 127.0.0.0/8 ct state { new, invalid } drop
  }
}`,
    ...nftMaps.flatMap((map) => addElements(table, map, [...all[map]])),
    ...addHairpin(table, [...hairpin]),
    "",
  ].join("\n");
}

/**
 * Commands that turn the elements of `before` into those of `after` for every change; all removals come first, so that
 * a port may pass from one Service to another in one transaction.
 */
export function changeCommands(table: string, changes: readonly RuleChange[]): string[] {
  const removed = emptyElements();
  const added = emptyElements();
  for (const change of changes) {
    const before = elementsOf(change.before);
    const after = elementsOf(change.after);
    for (const map of nftMaps) {
      for (const [key, value] of before[map]) if (after[map].get(key) !== value) removed[map].set(key, value);
      for (const [key, value] of after[map]) if (before[map].get(key) !== value) added[map].set(key, value);
    }
  }
  return [
    ...nftMaps.flatMap((map) => deleteElements(table, map, [...removed[map].keys()])),
    ...nftMaps.flatMap((map) => addElements(table, map, [...added[map]])),
  ];
}

export function addHairpin(table: string, addresses: readonly string[]): string[] {
  const elements = addresses.map((ip) => `${ip} . ${ip}`);
  return inCommands(elements, (list) => `add element ip ${table} hairpin { ${list} }`);
}

export function deleteHairpin(table: string, addresses: readonly string[]): string[] {
  const elements = addresses.map((ip) => `${ip} . ${ip}`);
  return inCommands(elements, (list) => `delete element ip ${table} hairpin { ${list} }`);
}

/** Removes the table; succeeds when there is none. */
export function removeScript(table: string): string {
  return `add table ip ${table}\ndelete table ip ${table}\n`;
}

function spreadRule({ via, by, size }: SpreadChain): string {
  const choice = by === "random" ? `numgen random mod ${size}` : `jhash ip saddr mod ${size} seed 0x5eed`;
  // A NodePort's client is masqueraded: the answer must come back this way, wherever the client is.
  if (via === "nodeport") {
    const mark = `meta mark set meta mark | ${masqueradeMark}`;
    return `${mark} meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport . ${choice} map @nodeport-endpoints`;
  }
  return `meta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport . ${choice} map @endpoints`;
}

function addElements(table: string, map: NftMap, elements: readonly [string, string][]): string[] {
  const texts = elements.map(([key, value]) => `${key} : ${value}`);
  return inCommands(texts, (list) => `add element ip ${table} ${map} { ${list} }`);
}

function deleteElements(table: string, map: NftMap, keys: readonly string[]): string[] {
  return inCommands(keys, (list) => `delete element ip ${table} ${map} { ${list} }`);
}

function inCommands(elements: readonly string[], command: (list: string) => string): string[] {
  const commands: string[] = [];
  for (let start = 0; start < elements.length; start += elementsPerCommand) {
    commands.push(command(elements.slice(start, start + elementsPerCommand).join(", ")));
  }
  return commands;
}

function emptyElements(): Record<NftMap, Map<string, string>> & Elements {
  return { services: new Map(), nodeports: new Map(), endpoints: new Map(), "nodeport-endpoints": new Map() };
}
