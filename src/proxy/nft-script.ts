/**
 * The text given to `nft`: the instance's whole table, or the difference between two states of some Services. Pure.
 *
 * Why the table looks as it does (docs/adr/0006-elements-only.md): Services live in maps, so the kernel finds one by a
 * hash look-up however many there are, and one chain per *number* of endpoints serves all Services of that size.
 */
import type { Cidr } from "../machinery/cidr.ts";
import type { RuleChange, ServiceRules } from "./compile.ts";
import {
  chainName,
  chainsOf,
  elementsOf,
  elementText,
  elementTextsOf,
  emptyElements,
  learnChainName,
  type NftMap,
  nftMaps,
  type Shape,
  type SpreadChain,
} from "./nft-elements.ts";
import { clientMaps, type RememberedClient, rememberedElement } from "./remembered-clients.ts";

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
  map affine { typeof ip daddr . meta l4proto . th dport : verdict; }
  map affine-nodeports { typeof meta l4proto . th dport : verdict; }
  map ${clientMaps.address} { typeof ip saddr . ip daddr . meta l4proto . th dport : ip daddr . th dport; size 65535; flags dynamic,timeout; }
  map ${clientMaps.nodeport} { typeof ip saddr . meta l4proto . th dport : ip daddr . th dport; size 65535; flags dynamic,timeout; }
  set refused { type ipv4_addr . inet_proto . inet_service; }
  set restricted { type ipv4_addr . inet_proto . inet_service; }
  set sources { typeof ip daddr . meta l4proto . th dport . ip saddr; flags interval; }
  set hairpin { type ipv4_addr . ipv4_addr; }`;

/** What is put in force at once. */
export interface TableContent {
  services: Iterable<ServiceRules>;
  /** Pod addresses among the targets: Pods that may call themselves. */
  podAddresses: readonly string[];
  /** What the table's chains can serve. */
  shape: Shape;
  /** Clients that go on where they were sent before. */
  clients: readonly RememberedClient[];
}

/**
 * Command lines that replace the instance's table with one of this content, in one transaction. Its chains cannot be
 * added later: nft (1.0.6) reads the `typeof` of a map that is in the kernel already as a conflict ("conflicting protocols
 * specified: tcp vs. th").
 */
export function replaceScript(settings: TableSettings, content: TableContent): string {
  const { table, bridge, serviceCidr } = settings;
  const { services, podAddresses, shape, clients } = content;
  const texts = elementTextsOf(services);
  return [
    `add table ip ${table}`,
    `delete table ip ${table}`,
    `table ip ${table} {${declarations}`,
    ...chainsOf(shape).map((chain) => `  ${chainText(chain)}`),
    ...learnChains(settings, shape),
    ...(shape.restricts ? [restrictChain] : []),
    `  chain dispatch {
    ${dispatchRules.join("\n    ")}
  }
  chain prerouting { type nat hook prerouting priority dstnat - 5; policy accept; jump dispatch; }
  chain output { type nat hook output priority -105; policy accept; jump dispatch; }
  chain postrouting {
    type nat hook postrouting priority srcnat - 5; policy accept;
    ${masqueradeRules(bridge).join("\n    ")}
  }
  chain refuse {
    ip daddr . meta l4proto . th dport @refused meta l4proto tcp reject with tcp reset
    ip daddr . meta l4proto . th dport @refused reject with icmp port-unreachable
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
    ...nftMaps.flatMap((map) => addElements(table, map, texts[map])),
    ...addHairpin(table, podAddresses),
    ...clients.map((client) => `add element ip ${table} ${rememberedElement(client)}`),
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
    const before = elementsOf(change.before ? [change.before] : []);
    const after = elementsOf(change.after ? [change.after] : []);
    for (const map of nftMaps) {
      for (const [key, value] of before[map]) if (after[map].get(key) !== value) removed[map].set(key, value);
      for (const [key, value] of after[map]) if (before[map].get(key) !== value) added[map].set(key, value);
    }
  }
  return [
    ...nftMaps.flatMap((map) => deleteElements(table, map, [...removed[map].keys()])),
    ...nftMaps.flatMap((map) =>
      addElements(
        table,
        map,
        Array.from(added[map], ([key, value]) => elementText(key, value)),
      ),
    ),
  ];
}

export function addHairpin(table: string, addresses: readonly string[]): string[] {
  return inCommands(`add element ip ${table} hairpin`, addresses.map(hairpinElement));
}

export function deleteHairpin(table: string, addresses: readonly string[]): string[] {
  return inCommands(`delete element ip ${table} hairpin`, addresses.map(hairpinElement));
}

function hairpinElement(ip: string): string {
  return `${ip} . ${ip}`;
}

/** Removes the table; succeeds when there is none. */
export function removeScript(table: string): string {
  return `add table ip ${table}\ndelete table ip ${table}\n`;
}

/** Where every connection begins. */
export const dispatchRules: readonly string[] = [
  "ip daddr . meta l4proto . th dport vmap @services",
  "fib daddr type local meta l4proto . th dport vmap @nodeports",
];

export function masqueradeRules(bridge: string): string[] {
  return [
    `meta mark & ${masqueradeMark} == ${masqueradeMark} masquerade`,
    `ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade`,
    "ct status dnat ip saddr . ip daddr @hairpin masquerade",
  ];
}

/** A chain's definition, on one line. */
export function chainText(chain: SpreadChain): string {
  return `chain ${chainName(chain)} { ${spreadRules(chain).join("; ")}; }`;
}

function spreadRules({ via, masquerades, remembers, size }: SpreadChain): string[] {
  // The answer must come back this way, wherever the client is.
  const mark = masquerades ? [`meta mark set meta mark | ${masqueradeMark}`] : [];
  const to = "meta l4proto { tcp, udp, sctp } dnat ip to";
  const key = via === "address" ? "ip daddr . meta l4proto . th dport" : "meta l4proto . th dport";
  const endpoints = via === "address" ? "endpoints" : "nodeport-endpoints";
  return [
    ...mark,
    // A client that is not remembered finds no element, and the next rule is its.
    ...(remembers ? [`${to} ip saddr . ${key} map @${clientMaps[via]}`] : []),
    `${to} ${key} . numgen random mod ${size} map @${endpoints}`,
  ];
}

/**
 * Where a connection with affinity was sent is remembered when its first packet leaves, by its original addresses. That a
 * client comes again begins its time anew. Each protocol has rules of its own, since only then nft knows what a port is.
 */
function learnChains({ serviceCidr }: TableSettings, { affinities }: Shape): string[] {
  if (affinities.size === 0) return [];
  const forEach = (rule: (protocol: string) => string): string => ["tcp", "udp", "sctp"].map(rule).join("\n    ");
  const original = "meta l4proto . ct original proto-dst";
  const chains = [...affinities].flatMap((seconds) => {
    const update = (via: SpreadChain["via"], key: string): string =>
      `  chain ${learnChainName(via, seconds)} {
    ${forEach((protocol) => `meta l4proto ${protocol} update @${clientMaps[via]} { ${key} timeout ${seconds}s : ip daddr . th dport }`)}
  }`;
    return [
      update("address", `ct original ip saddr . ct original ip daddr . ${original}`),
      update("nodeport", `ct original ip saddr . ${original}`),
    ];
  });
  const begun = "ct state new ct status dnat";
  return [
    ...chains,
    `  chain learn {
    type filter hook postrouting priority srcnat - 10; policy accept;
    ${forEach((protocol) => `${begun} meta l4proto ${protocol} ct original ip daddr . ${original} vmap @affine`)}
    ${forEach((protocol) => `${begun} ct original ip daddr != ${serviceCidr} meta l4proto ${protocol} ${original} vmap @affine-nodeports`)}
  }`,
  ];
}

/** Before addresses are translated: who may call an address with `loadBalancerSourceRanges`. */
const restrictChain = `  chain restrict {
    type filter hook prerouting priority dstnat - 10; policy accept;
    ip daddr . meta l4proto . th dport @restricted ip daddr . meta l4proto . th dport . ip saddr != @sources drop
  }`;

function addElements(table: string, map: NftMap, elements: readonly string[]): string[] {
  return inCommands(`add element ip ${table} ${map}`, elements);
}

function deleteElements(table: string, map: NftMap, keys: readonly string[]): string[] {
  return inCommands(`delete element ip ${table} ${map}`, keys);
}

function inCommands(command: string, elements: readonly string[]): string[] {
  const commands: string[] = [];
  for (let start = 0; start < elements.length; start += elementsPerCommand) {
    commands.push(`${command} { ${elements.slice(start, start + elementsPerCommand).join(", ")} }`);
  }
  return commands;
}
