/** `/etc/hosts` and `/etc/resolv.conf` of a Pod: pure. */
import type { ResolvConf } from "../machinery/resolv-conf.ts";
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
 * @param own the Pod's addresses and names; undefined with host networking.
 * @param hostFile the host's own file, used with host networking.
 */
export function hostsFile(
  own: { addresses: readonly string[]; names: readonly string[] } | undefined,
  hostFile: string,
  aliases: PodSpec["hostAliases"] = [],
): string {
  const ownLines = own?.addresses.map((address) => `${address}\t${own.names.join("\t")}\n`).join("");
  const head = own
    ? `# Kubernetes-managed hosts file.\n${loopback}${ownLines}`
    : `# Kubernetes-managed hosts file (host network).\n${hostFile}`;
  if (aliases.length === 0) return head;
  const lines = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`);
  return `${head}\n# Entries added by HostAliases.\n${lines.join("")}`;
}

/** What a Pod's resolver is told, and what was left out of it. */
export interface PodResolver extends ResolvConf {
  /** Messages of Events `DNSConfigForming`, one for each limit that was exceeded. */
  exceeded: readonly string[];
}

/** Limits of the API for `dnsConfig`, which hold for what comes of it too; resolvers read no more name servers. */
const mostNameservers = 3;
const mostSearches = 32;
const longestSearchList = 2_048;
/** Longer names make some resolvers abort. */
const longestSearch = 253;

const nameOf = (option: string) => option.split(":")[0] ?? option;

/**
 * https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
 * @param cluster the cluster's DNS address and domain.
 * @param host the host's resolver.
 */
export function resolverFor(
  spec: Pick<PodSpec, "dnsPolicy" | "dnsConfig" | "hostNetwork">,
  namespace: string,
  cluster: { address: string; domain: string },
  host: ResolvConf,
): PodResolver {
  const base = policyOf(spec, namespace, cluster, host);
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  const added = options.map(({ name = "", value }) => (value === undefined ? name : `${name}:${value}`));
  const servers = unique([...base.nameservers, ...nameservers]);
  const search = fittingSearches(unique([...base.searches, ...searches.map(withoutFinalDot)]));
  const kept = servers.slice(0, mostNameservers);
  return {
    nameservers: kept,
    searches: search.kept,
    // The Pod's options replace those of the same name.
    options: [...new Map([...base.options, ...added].map((option) => [nameOf(option), option])).values()],
    exceeded: [
      ...(servers.length > mostNameservers
        ? [
            `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${kept.join(" ")}`,
          ]
        : []),
      ...(search.exceeded
        ? [
            `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${search.kept.join(" ")}`,
          ]
        : []),
    ],
  };
}

function policyOf(
  { dnsPolicy = "ClusterFirst", hostNetwork = false }: Pick<PodSpec, "dnsPolicy" | "hostNetwork">,
  namespace: string,
  { address, domain }: { address: string; domain: string },
  host: ResolvConf,
): ResolvConf {
  if (dnsPolicy === "None") return { nameservers: [], searches: [], options: [] };
  if (hostNetwork && dnsPolicy !== "ClusterFirstWithHostNet") return host;
  if (dnsPolicy === "Default") {
    // A resolver on the host's loopback is not there inside a Pod: the cluster's, which asks it, takes its place.
    const reachable = host.nameservers.filter((server) => !isLoopback(server));
    return { ...host, nameservers: reachable.length > 0 ? reachable : [address] };
  }
  return {
    nameservers: [address],
    searches: [`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...host.searches],
    options: ["ndots:5"],
  };
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

function fittingSearches(searches: readonly string[]): { kept: string[]; exceeded: boolean } {
  const kept = searches.slice(0, mostSearches).filter((search) => search.length <= longestSearch);
  while (kept.join(" ").length > longestSearchList) kept.pop();
  return { kept, exceeded: kept.length < searches.length };
}

function withoutFinalDot(name: string): string {
  return name === "." ? name : name.replace(/\.$/, "");
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

export function printResolvConf({ nameservers, searches, options }: ResolvConf): string {
  return [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
    "",
  ].join("\n");
}
