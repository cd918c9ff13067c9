/**
 * What kube-proxy's iptables mode would have written for a Service, as `iptables-save` prints it. Pure.
 * Rule: https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-iptables; names and comments are kube-proxy's.
 */
import { createHash } from "node:crypto";
import { hostPort } from "../../machinery/ipv6.ts";
import type { ClusterSettings } from "../../machinery/settings.ts";
import type { PortRules, ServiceRules, Target } from "../compile.ts";
import { frontendsOf } from "../frontends.ts";

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first sixteen characters of the SHA-256 in base 32: short enough for the kernel's limit of 28. */
function digest(text: string): string {
  const bytes = createHash("sha256").update(text).digest();
  let bits = "";
  for (const byte of bytes.subarray(0, 10)) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{5}/g) ?? []).map((five) => base32[Number.parseInt(five, 2)]).join("");
}

interface Names {
  /** `default/web:http`, without the port where it has no name. */
  portName: string;
  cluster: string;
  local: string;
  external: string;
  firewall: string;
  endpoint(target: Target): string;
}

function namesOf(key: string, { name, protocol }: PortRules): Names {
  const portName = name === "" ? key : `${key}:${name}`;
  const hash = digest(portName + protocol);
  return {
    portName,
    cluster: `KUBE-SVC-${hash}`,
    local: `KUBE-SVL-${hash}`,
    external: `KUBE-EXT-${hash}`,
    firewall: `KUBE-FW-${hash}`,
    endpoint: ({ ip, port }) => `KUBE-SEP-${digest(`${portName}${protocol}${hostPort(ip, port)}`)}`,
  };
}

/** What the programs for the two families call things. */
interface Words {
  program: "iptables" | "ip6tables";
  /** Of a single address. */
  prefix: string;
  mask: string;
  unreachable: string;
}

const ipv4: Words = {
  program: "iptables",
  prefix: "/32",
  mask: "255.255.255.255",
  unreachable: "icmp-port-unreachable",
};
const ipv6: Words = {
  program: "ip6tables",
  prefix: "/128",
  mask: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  unreachable: "icmp6-port-unreachable",
};

function wordsOf(port: PortRules): Words {
  return port.ipv6 ? ipv6 : ipv4;
}

/** @param key `namespace/name`. @param settings whose Pod ranges are where masquerading is not needed. */
export function explainIptables(
  key: string,
  rules: ServiceRules,
  settings: Pick<ClusterSettings, "podCidr" | "ipv6">,
): string[] {
  const ranges: [Words, string | undefined][] = [
    [ipv4, settings.podCidr],
    [ipv6, settings.ipv6?.podCidr],
  ];
  const tables = ranges.flatMap(([words, podCidr]) => {
    const ports = rules.ports.filter((port) => wordsOf(port) === words);
    if (ports.length === 0 || podCidr === undefined) return [];
    const heading = settings.ipv6 ? [`# ${words.program}`] : [];
    return [...heading, ...tablesOf(key, ports, podCidr)];
  });
  return ["# What kube-proxy in iptables mode would have written. Skiff has not: it is here to read.", ...tables];
}

function tablesOf(key: string, ports: readonly PortRules[], podCidr: string): string[] {
  const nat = ports.flatMap((port) => natRules(key, port, podCidr));
  const filter = ports.flatMap((port) => filterRules(key, port));
  return [
    ...(filter.length > 0
      ? [
          "*filter",
          "# No endpoint: refused. None on this node, where the policy is Local: dropped.",
          ...filter,
          "COMMIT",
        ]
      : []),
    "*nat",
    "# Every new connection is compared with all Services, one rule after the other.",
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    ...nat,
    "# The last rule: whatever is for this host may be for a node port.",
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    "# The mark asks for masquerading: the endpoint sees the node's address, and answers through it.",
    "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
    "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
    "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    "COMMIT",
  ];
}

const comment = (text: string): string => `-m comment --comment "${text}"`;

function natRules(key: string, port: PortRules, podCidr: string): string[] {
  if (port.targets.length === 0) return [];
  const { protocol, addresses, externalAddresses = [], nodePort, internalLocal, externalLocal } = port;
  const names = namesOf(key, port);
  const local = port.targets.filter((target) => target.local);
  const { prefix } = wordsOf(port);
  const at = (ip: string): string => `-d ${ip}${prefix} -p ${protocol}`;
  const dport = (number: number): string => `-m ${protocol} --dport ${number}`;
  const inside = internalLocal ? names.local : names.cluster;
  const services = [
    "# From the address to the Service's chain.",
    ...addresses.map(
      (ip) => `-A KUBE-SERVICES ${at(ip)} ${comment(`${names.portName} cluster IP`)} ${dport(port.port)} -j ${inside}`,
    ),
    ...externalAddresses.map(({ ip, sources }) => {
      const what = comment(`${names.portName} ${sources ? "loadbalancer" : "external"} IP`);
      return `-A KUBE-SERVICES ${at(ip)} ${what} ${dport(port.port)} -j ${sources ? names.firewall : names.external}`;
    }),
    ...(nodePort === undefined
      ? []
      : [`-A KUBE-NODEPORTS -p ${protocol} ${comment(names.portName)} ${dport(nodePort)} -j ${names.external}`]),
  ];
  const firewall = externalAddresses.flatMap(({ sources = [] }) =>
    sources.map(
      (range) =>
        `-A ${names.firewall} -s ${range} ${comment(`${names.portName} loadbalancer IP`)} -j ${names.external}`,
    ),
  );
  const hasOutside = nodePort !== undefined || externalAddresses.length > 0;
  const outside = !hasOutside
    ? []
    : externalLocal
      ? [
          "# From outside, policy Local: clients keep their addresses.",
          `-A ${names.external} -s ${podCidr} ${comment(`pod traffic for ${names.portName} external destinations`)} -j ${names.cluster}`,
          `-A ${names.external} -j ${names.local}`,
        ]
      : [
          "# From outside: masqueraded.",
          `-A ${names.external} ${comment(`masquerade traffic for ${names.portName} external destinations`)} -j KUBE-MARK-MASQ`,
          `-A ${names.external} -j ${names.cluster}`,
        ];
  const masquerade = addresses.map(
    (ip) =>
      `-A ${names.cluster} ! -s ${podCidr} ${at(ip)} ${comment(`${names.portName} cluster IP`)} ${dport(port.port)} -j KUBE-MARK-MASQ`,
  );
  return [
    ...services,
    ...firewall,
    ...outside,
    "# One endpoint after the other: each rule takes its share of what the rules before it left.",
    ...masquerade,
    ...spread(names, names.cluster, port, port.targets),
    ...(internalLocal || externalLocal ? spread(names, names.local, port, local) : []),
    "# The endpoints. One that calls itself is masqueraded, or it would answer itself past this host.",
    ...port.targets.flatMap((target) => endpointRules(names, port, target)),
  ];
}

/** With n endpoints the first rule takes 1/n, the next 1/(n-1) of the rest, the last all that is left: the same for each. */
function spread(names: Names, chain: string, port: PortRules, targets: readonly Target[]): string[] {
  const { affinitySeconds } = port;
  const to = (target: Target): string => comment(`${names.portName} -> ${hostPort(target.ip, target.port)}`);
  const remembered =
    affinitySeconds === undefined
      ? []
      : targets.map((target) => {
          const endpoint = names.endpoint(target);
          return `-A ${chain} ${to(target)} -m recent --rcheck --seconds ${affinitySeconds} --reap --name ${endpoint} --mask ${wordsOf(port).mask} --rsource -j ${endpoint}`;
        });
  const chosen = targets.map((target, index) => {
    const left = targets.length - index;
    const share = left === 1 ? "" : ` -m statistic --mode random --probability ${probability(left)}`;
    return `-A ${chain} ${to(target)}${share} -j ${names.endpoint(target)}`;
  });
  return [...remembered, ...chosen];
}

/** As iptables-save prints it: the kernel keeps it as a fraction of 2³¹. */
function probability(left: number): string {
  return (Math.round(2 ** 31 / left) / 2 ** 31).toFixed(11);
}

function endpointRules(names: Names, port: PortRules, target: Target): string[] {
  const { protocol, affinitySeconds } = port;
  const { prefix, mask } = wordsOf(port);
  const chain = names.endpoint(target);
  const remember = affinitySeconds === undefined ? "" : ` -m recent --set --name ${chain} --mask ${mask} --rsource`;
  return [
    `-A ${chain} -s ${target.ip}${prefix} ${comment(names.portName)} -j KUBE-MARK-MASQ`,
    `-A ${chain} -p ${protocol} ${comment(names.portName)}${remember} -m ${protocol} -j DNAT --to-destination ${hostPort(target.ip, target.port)}`,
  ];
}

function filterRules(key: string, port: PortRules): string[] {
  const { portName } = namesOf(key, port);
  const { prefix, unreachable } = wordsOf(port);
  return frontendsOf({ ports: [port] })
    .filter(({ targets }) => targets.length === 0)
    .map(({ address, external, drops, protocol, port: number }) => {
      const chain = external ? "KUBE-EXTERNAL-SERVICES" : "KUBE-SERVICES";
      const at = address === undefined ? "" : ` -d ${address}${prefix}`;
      const own = address === undefined ? " -m addrtype --dst-type LOCAL" : "";
      const why = comment(`${portName} has no ${drops ? "local " : ""}endpoints`);
      const action = drops ? "DROP" : `REJECT --reject-with ${unreachable}`;
      return `-A ${chain}${at} -p ${protocol} ${why}${own} -m ${protocol} --dport ${number} -j ${action}`;
    });
}
