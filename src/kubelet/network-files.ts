/** `/etc/hosts` and `/etc/resolv.conf` of a Pod: pure. */
import type { PodSpec } from "../machinery/types.ts";

const loopback = `127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
fe00::0	ip6-mcastprefix
fe00::1	ip6-allnodes
fe00::2	ip6-allrouters
`;

/**
 * https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/
 * @param own the Pod's address and names; undefined with host networking.
 * @param hostFile the host's own file, used with host networking.
 */
export function hostsFile(
  own: { address: string; names: readonly string[] } | undefined,
  hostFile: string,
  aliases: PodSpec["hostAliases"] = [],
): string {
  const head = own
    ? `# Kubernetes-managed hosts file.\n${loopback}${own.address}\t${own.names.join("\t")}\n`
    : `# Kubernetes-managed hosts file (host network).\n${hostFile}`;
  if (aliases.length === 0) return head;
  const lines = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`);
  return `${head}\n# Entries added by HostAliases.\n${lines.join("")}`;
}

export interface Resolver {
  nameservers: readonly string[];
  searches: readonly string[];
  options: readonly string[];
}

export function parseResolvConf(text: string): Resolver {
  const nameservers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword = "", ...values] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver" && values[0]) nameservers.push(values[0]);
    // The last of several `search` or `options` lines counts (resolv.conf(5)).
    if (keyword === "search") searches = values;
    if (keyword === "options") options = values;
  }
  return { nameservers, searches, options };
}

const nameOf = (option: string) => option.split(":")[0];

/**
 * https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
 * @param cluster the cluster's DNS address and domain.
 * @param host the host's resolver.
 */
export function resolverFor(
  spec: Pick<PodSpec, "dnsPolicy" | "dnsConfig" | "hostNetwork">,
  namespace: string,
  cluster: { address: string; domain: string },
  host: Resolver,
): Resolver {
  const base = policyOf(spec, namespace, cluster, host);
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  const added = options.map(({ name = "", value }) => (value === undefined ? name : `${name}:${value}`));
  return {
    nameservers: [...new Set([...base.nameservers, ...nameservers])],
    searches: [...new Set([...base.searches, ...searches])],
    options: [...base.options.filter((option) => !added.some((other) => nameOf(other) === nameOf(option))), ...added],
  };
}

function policyOf(
  spec: Pick<PodSpec, "dnsPolicy" | "hostNetwork">,
  namespace: string,
  cluster: { address: string; domain: string },
  host: Resolver,
): Resolver {
  if (spec.dnsPolicy === "None") return { nameservers: [], searches: [], options: [] };
  const hostNetworkOnly = spec.hostNetwork === true && spec.dnsPolicy !== "ClusterFirstWithHostNet";
  if (spec.dnsPolicy === "Default" || hostNetworkOnly) return host;
  const { domain } = cluster;
  return {
    nameservers: [cluster.address],
    searches: [`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...host.searches],
    options: ["ndots:5"],
  };
}

export function printResolvConf({ nameservers, searches, options }: Resolver): string {
  return [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
    "",
  ].join("\n");
}
