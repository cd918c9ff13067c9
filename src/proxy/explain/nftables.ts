/** The rules in force for a Service in nftables mode, with a sentence each. Pure. */
import type { ServiceRules } from "../compile.ts";
import { type Frontend, frontendsOf } from "../frontends.ts";
import { elementsOf, nftMaps } from "../nft-elements.ts";
import { chainText, dispatchRules, masqueradeRules } from "../nft-script.ts";

/** Elements of the kernel's maps and sets that are the Service's, and the chains that they lead to. */
export function explainNftables(table: string, bridge: string, rules: ServiceRules): string[] {
  const blocks = rules.ports.flatMap((port) =>
    frontendsOf({ ports: [port] }).map((frontend) => [
      `# ${sentence(frontend)}`,
      ...elementLines({ ports: [port] }, keyOf(frontend)),
      ...chainLines(frontend),
    ]),
  );
  return [
    `table ip ${table}`,
    "",
    "# Every first packet of a connection, from this host (output) or from elsewhere (prerouting), is looked up by its address and",
    "# port, then by its port alone if the address is the host's.",
    ...dispatchRules.map((rule) => `chain dispatch: ${rule}`),
    "",
    ...blocks.flatMap((block) => [...block, ""]),
    "# Marked connections, those from loopback addresses, and Pods that reached themselves get the host's address as their source,",
    "# so that the answers come back this way.",
    ...masqueradeRules(bridge).map((rule) => `chain postrouting: ${rule}`),
  ];
}

/** What becomes of a connection. */
export function sentence(frontend: Frontend): string {
  const { protocol, port, address, targets, drops, masquerades, affinitySeconds, sources } = frontend;
  const who = address === undefined ? "any address of this host (node port)" : address;
  const where = `${who}, ${protocol.toUpperCase()} port ${port}`;
  if (drops) return `Connections to ${where} are dropped: the policy is Local, and no endpoint is on this node.`;
  if (targets.length === 0) return `Connections to ${where} are refused: there is no ready endpoint.`;
  const choice =
    targets.length === 1 ? "the only endpoint" : `one of ${targets.length} endpoints, each as likely as the others`;
  const sticky = affinitySeconds === undefined ? "" : `; a client comes back to the same one for ${affinitySeconds} s`;
  const seen = masquerades ? "the endpoint sees this host's address" : "the endpoint sees the client's own address";
  const limited = sources ? `; only clients of ${sources.join(", ")} may come` : "";
  return `Connections to ${where} go to ${choice}${sticky}; ${seen}${limited}.`;
}

function keyOf({ address, protocol, port }: Frontend): string {
  return address === undefined ? `${protocol} . ${port}` : `${address} . ${protocol} . ${port}`;
}

/** The elements of one frontend: those with exactly its key, or with its key and something more. */
function elementLines(rules: ServiceRules, key: string): string[] {
  const elements = elementsOf([rules]);
  return nftMaps.flatMap((map) =>
    [...elements[map]].flatMap(([element, value]) =>
      element === key || element.startsWith(`${key} . `) ? [`${map}: ${element}${value && ` : ${value}`}`] : [],
    ),
  );
}

function chainLines({ address, masquerades, affinitySeconds, targets }: Frontend): string[] {
  if (targets.length === 0) return [];
  const via = address === undefined ? "nodeport" : "address";
  return [chainText({ via, masquerades, remembers: affinitySeconds !== undefined, size: targets.length })];
}
