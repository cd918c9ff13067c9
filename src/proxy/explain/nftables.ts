/** The rules in force for a Service in nftables mode, with a sentence each. Pure. */
import type { ServiceRules } from "../compile.ts";
import { type Frontend, frontendsOf } from "../frontends.ts";
import { elementsOf, familyOf, keyOf, type NftFamily, nftMaps } from "../nft-elements.ts";
import {
  chainText,
  dispatchRules,
  masqueradeRules,
  refuseRules,
  restrictRule,
  type TableSettings,
} from "../nft-script.ts";

/** Elements of the kernel's maps and sets that are the Service's, and the chains that they lead to, in each of its families. */
export function explainNftables(tables: readonly Omit<TableSettings, "pods">[], rules: ServiceRules): string[] {
  return tables.flatMap((table, index) => {
    const ports = rules.ports.filter((port) => familyOf(port) === table.family);
    if (ports.length === 0) return [];
    return [...(index > 0 ? [""] : []), ...explainTable(table, ports)];
  });
}

function explainTable(settings: Omit<TableSettings, "pods">, ports: ServiceRules["ports"]): string[] {
  const { family, table } = settings;
  const frontends = frontendsOf({ ports });
  const blocks = frontends.map((frontend) => [
    `# ${sentence(frontend)}`,
    ...elementLines(family, { ports }, keyOf(frontend)),
    ...chainLines(frontend),
  ]);
  return [
    `table ${family} ${table}`,
    "",
    "# Every first packet of a connection, from this host (output) or from elsewhere (prerouting), is looked up by its address and",
    "# port, then by its port alone if the address is the host's.",
    ...dispatchRules(family).map((rule) => `chain dispatch: ${rule}`),
    "",
    ...(frontends.some(({ sources }) => sources)
      ? ["# Before that, those who may not come are turned away.", `chain restrict: ${restrictRule(family)}`, ""]
      : []),
    ...(frontends.some(({ targets, drops }) => targets.length === 0 && !drops)
      ? ["# What leads nowhere is refused.", ...refuseRules(settings).map((rule) => `chain refuse: ${rule}`), ""]
      : []),
    ...blocks.flatMap((block) => [...block, ""]),
    "# Marked connections, those from loopback addresses, and Pods that reached themselves get the host's address as their source,",
    "# so that the answers come back this way.",
    ...masqueradeRules(settings).map((rule) => `chain postrouting: ${rule}`),
  ];
}

/** What becomes of a connection. */
export function sentence(frontend: Frontend): string {
  const { ipv6, protocol, port, address, targets, drops, masquerades, affinitySeconds, sources } = frontend;
  const every = ipv6 ? "any IPv6 address of this host but ::1" : "any address of this host";
  const who = address ?? `${every} (node port)`;
  const where = `${who}, ${protocol.toUpperCase()} port ${port}`;
  if (drops) return `Connections to ${where} are dropped: the policy is Local, and no endpoint is on this node.`;
  if (targets.length === 0) return `Connections to ${where} are refused: there is no ready endpoint.`;
  const choice =
    targets.length === 1 ? "the only endpoint" : `one of ${targets.length} endpoints, each as likely as the others`;
  const span = ipv6 ? "as long as they stay the same" : `for ${affinitySeconds} s`;
  const sticky = affinitySeconds === undefined ? "" : `; a client comes back to the same one ${span}`;
  const seen = masquerades ? "the endpoint sees this host's address" : "the endpoint sees the client's own address";
  const limited = sources ? `; only ${[...sources, "this host itself"].join(", ")} may come` : "";
  return `Connections to ${where} go to ${choice}${sticky}; ${seen}${limited}.`;
}

/** The elements of one frontend: those with exactly its key, or with its key and something more. */
function elementLines(family: NftFamily, rules: ServiceRules, key: string): string[] {
  const elements = elementsOf(family, [rules]);
  return nftMaps.flatMap((map) =>
    [...elements[map]].flatMap(([element, value]) =>
      element === key || element.startsWith(`${key} . `) ? [`${map}: ${element}${value && ` : ${value}`}`] : [],
    ),
  );
}

function chainLines(frontend: Frontend): string[] {
  const { address, masquerades, affinitySeconds, targets } = frontend;
  if (targets.length === 0) return [];
  const via = address === undefined ? "nodeport" : "address";
  const chain = { via, masquerades, remembers: affinitySeconds !== undefined, size: targets.length } as const;
  return [chainText(familyOf(frontend), chain)];
}
