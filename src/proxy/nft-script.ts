/**
 * The text given to `nft`: the instance's whole table, or the difference between two states of some Services. Pure.
 *
 * Why the table looks as it does (docs/adr/0006-elements-only.md): Services live in maps, so the kernel finds one by a
 * hash look-up however many there are, and one chain per *number* of endpoints serves all Services of that size.
 */
import type { AddressRange } from "../machinery/address-range.ts";
import type { RuleChange, ServiceRules } from "./compile.ts";
import {
  chainName,
  chainsOf,
  elementsOf,
  elementText,
  elementTextsOf,
  emptyElements,
  learnChainName,
  type NftFamily,
  type NftMap,
  nftMaps,
  type Shape,
  type SpreadChain,
} from "./nft-elements.ts";
import { clientMaps, type RememberedClient, rememberedElement } from "./remembered-clients.ts";

/** A table of one family: a dual-stack cluster has two, of one name. */
export interface Table {
  family: NftFamily;
  table: string;
}

export interface TableSettings extends Table {
  bridge: string;
  serviceCidr: string;
  podCidr: string;
  pods: AddressRange;
}

/** What differs besides the word for the family itself. */
const words = {
  ip: { address: "ipv4_addr", unreachable: "icmp port-unreachable", loopback: "127.0.0.0/8" },
  ip6: { address: "ipv6_addr", unreachable: "icmpv6 port-unreachable", loopback: "::1" },
} as const;

/** Bit of the packet mark that asks for masquerading. Not 0x4000, which is Kubernetes' own. */
const masqueradeMark = "0x20000";

/** What every packet passes asks this first: only the first packets of a connection cost a look-up. */
const begins = "ct state new";

/** Elements per command: keeps a command's netlink message within its limits however many Services there are. */
const elementsPerCommand = 2_000;

const affinityDeclarations = `
  map affine { typeof ip daddr . meta l4proto . th dport : verdict; }
  map affine-nodeports { typeof meta l4proto . th dport : verdict; }
  map ${clientMaps.address} { typeof ip saddr . ip daddr . meta l4proto . th dport : ip daddr . th dport; size 65535; flags dynamic,timeout; }
  map ${clientMaps.nodeport} { typeof ip saddr . meta l4proto . th dport : ip daddr . th dport; size 65535; flags dynamic,timeout; }`;

/** Declarations of the table's maps; the `typeof` expressions fix the types of concatenated keys. */
const declarationsOf = (ip: NftFamily): string => `
  map services { type ${words[ip].address} . inet_proto . inet_service : verdict; }
  map nodeports { type inet_proto . inet_service : verdict; }
  map endpoints { typeof ${ip} daddr . meta l4proto . th dport . numgen random mod 2 : ${ip} daddr . th dport; }
  map nodeport-endpoints { typeof meta l4proto . th dport . numgen random mod 2 : ${ip} daddr . th dport; }
${ip === "ip" ? affinityDeclarations : ""}
  set refused { type ${words[ip].address} . inet_proto . inet_service; }
  set restricted { type ${words[ip].address} . inet_proto . inet_service; }
  set sources { typeof ${ip} daddr . meta l4proto . th dport . ${ip} saddr; flags interval; }
  set hairpin { type ${words[ip].address} . ${words[ip].address}; }`;

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
  const { family: ip, table, bridge } = settings;
  const { services, podAddresses, shape, clients } = content;
  const texts = elementTextsOf(ip, services);
  return [
    `add table ${ip} ${table}`,
    `delete table ${ip} ${table}`,
    `table ${ip} ${table} {${declarationsOf(ip)}`,
    ...chainsOf(shape).map((chain) => `  ${chainText(ip, chain)}`),
    ...learnChains(settings, shape),
    ...(shape.restricts ? [restrictChain(ip)] : []),
    `  chain dispatch {
    ${dispatchRules(ip).join("\n    ")}
  }
  chain prerouting { type nat hook prerouting priority dstnat - 5; policy accept; jump dispatch; }
  chain output { type nat hook output priority -105; policy accept; jump dispatch; }
  chain postrouting {
    type nat hook postrouting priority srcnat - 5; policy accept;
    ${masqueradeRules(settings).join("\n    ")}
  }
  chain refuse {
    ${refuseRules(settings).join("\n    ")}
  }
  chain refuse-output { type filter hook output priority filter - 5; policy accept; ${begins} jump refuse; }
  chain refuse-forward { type filter hook forward priority filter - 5; policy accept; ${begins} jump refuse; }${ip === "ip" ? guardLoopback(bridge) : ""}
}`,
    ...nftMaps.flatMap((map) => addElements(settings, map, texts[map])),
    ...addHairpin(settings, podAddresses),
    ...clients.map((client) => `add element ${ip} ${table} ${rememberedElement(client)}`),
    "",
  ].join("\n");
}

/**
 * Commands that turn the elements of `before` into those of `after` for every change; all removals come first, so that
 * a port may pass from one Service to another in one transaction.
 */
export function changeCommands(table: Table, changes: readonly RuleChange[]): string[] {
  const removed = emptyElements();
  const added = emptyElements();
  for (const change of changes) {
    const before = elementsOf(table.family, change.before ? [change.before] : []);
    const after = elementsOf(table.family, change.after ? [change.after] : []);
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

export function addHairpin({ family, table }: Table, addresses: readonly string[]): string[] {
  return inCommands(`add element ${family} ${table} hairpin`, addresses.map(hairpinElement));
}

export function deleteHairpin({ family, table }: Table, addresses: readonly string[]): string[] {
  return inCommands(`delete element ${family} ${table} hairpin`, addresses.map(hairpinElement));
}

function hairpinElement(ip: string): string {
  return `${ip} . ${ip}`;
}

/** Removes the table of each family; succeeds when there is none. */
export function removeScript(table: string, families: readonly NftFamily[]): string {
  return families.map((ip) => `add table ${ip} ${table}\ndelete table ${ip} ${table}\n`).join("");
}

/**
 * Where every connection begins. NodePorts do not answer on ::1: the kernel drops answers to it that come from a bridge,
 * and a caller of `localhost` who is refused at once goes on to 127.0.0.1.
 */
export function dispatchRules(ip: NftFamily): string[] {
  const own = ip === "ip" ? "" : `ip6 daddr != ${words.ip6.loopback} `;
  return [
    `${ip} daddr . meta l4proto . th dport vmap @services`,
    `${own}fib daddr type local meta l4proto . th dport vmap @nodeports`,
  ];
}

/** For IPv6 the Pods' own connections to other networks too, which Docker masquerades by itself only since 27. */
export function masqueradeRules({ family: ip, bridge, podCidr }: Omit<TableSettings, "pods">): string[] {
  return [
    `meta mark & ${masqueradeMark} == ${masqueradeMark} masquerade`,
    `${ip} saddr ${words[ip].loopback} oifname "${bridge}" masquerade`,
    `ct status dnat ${ip} saddr . ${ip} daddr @hairpin masquerade`,
    ...(ip === "ip6" ? [`ip6 saddr ${podCidr} oifname != "${bridge}" masquerade`] : []),
  ];
}

/** Before addresses are translated: who may call an address with `loadBalancerSourceRanges`. */
export function restrictRule(ip: NftFamily): string {
  const called = `${ip} daddr . meta l4proto . th dport`;
  return `${begins} ${called} @restricted ${called} . ${ip} saddr != @sources drop`;
}

/** After that: what still has a Service's address leads nowhere. */
export function refuseRules({ family: ip, serviceCidr }: Pick<TableSettings, "family" | "serviceCidr">): string[] {
  const { unreachable } = words[ip];
  return [
    `${ip} daddr . meta l4proto . th dport @refused`,
    `${ip} daddr ${serviceCidr} fib daddr type != local`,
  ].flatMap((match) => [`${match} meta l4proto tcp reject with tcp reset`, `${match} reject with ${unreachable}`]);
}

/** Of IPv6 loopback the kernel itself takes such care. */
function guardLoopback(bridge: string): string {
  return `
  chain guard-loopback {
    type filter hook input priority filter - 5; policy accept;
    ip daddr 127.0.0.0/8 iifname "${bridge}" ct state { new, invalid } drop
  }`;
}

/** A chain's definition, on one line. */
export function chainText(ip: NftFamily, chain: SpreadChain): string {
  return `chain ${chainName(chain)} { ${spreadRules(ip, chain).join("; ")}; }`;
}

function spreadRules(ip: NftFamily, { via, masquerades, remembers, size }: SpreadChain): string[] {
  // The answer must come back this way, wherever the client is.
  const mark = masquerades ? [`meta mark set meta mark | ${masqueradeMark}`] : [];
  const to = `meta l4proto { tcp, udp, sctp } dnat ${ip} to`;
  const key = via === "address" ? `${ip} daddr . meta l4proto . th dport` : "meta l4proto . th dport";
  const endpoints = via === "address" ? "endpoints" : "nodeport-endpoints";
  // With the same seed always, so that a client stays where it is when the table is written anew.
  const choice = remembers && ip === "ip6" ? `jhash ip6 saddr mod ${size} seed 0x5eed` : `numgen random mod ${size}`;
  return [
    ...mark,
    // A client that is not remembered finds no element, and the next rule is its.
    ...(remembers && ip === "ip" ? [`${to} ip saddr . ${key} map @${clientMaps[via]}`] : []),
    `${to} ${key} . ${choice} map @${endpoints}`,
  ];
}

/**
 * Where a connection with affinity was sent is remembered when its first packet leaves, by its original addresses. That a
 * client comes again begins its time anew. Not of IPv6: nft (1.0.6) cannot put its addresses into such maps ("dreg <
 * ctx->reg_low"), and a hash of the client's address chooses its endpoint. Each protocol has rules of its own, since only then nft knows what a port is.
 */
function learnChains({ family, serviceCidr }: TableSettings, { affinities }: Shape): string[] {
  if (affinities.size === 0 || family !== "ip") return [];
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

const restrictChain = (ip: NftFamily): string => `  chain restrict {
    type filter hook prerouting priority dstnat - 10; policy accept;
    ${restrictRule(ip)}
  }`;

function addElements({ family, table }: Table, map: NftMap, elements: readonly string[]): string[] {
  return inCommands(`add element ${family} ${table} ${map}`, elements);
}

function deleteElements({ family, table }: Table, map: NftMap, keys: readonly string[]): string[] {
  return inCommands(`delete element ${family} ${table} ${map}`, keys);
}

function inCommands(command: string, elements: readonly string[]): string[] {
  const commands: string[] = [];
  for (let start = 0; start < elements.length; start += elementsPerCommand) {
    commands.push(`${command} { ${elements.slice(start, start + elementsPerCommand).join(", ")} }`);
  }
  return commands;
}
