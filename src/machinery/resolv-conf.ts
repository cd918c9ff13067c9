/**
 * What a Pod's `/etc/resolv.conf` says. Pure.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
 */
import { dnsAddress } from "./network-names.ts";
import type { ClusterSettings } from "./settings.ts";
import type { PodSpec } from "./types.ts";

/** The three kinds of line of resolv.conf(5) that matter. */
export interface ResolvConf {
  nameservers: string[];
  searches: string[];
  /** `ndots:5`, `rotate`. */
  options: string[];
}

/** Limits of the Kubernetes API (`dnsConfig`); resolvers read no more than three name servers. */
const mostNameservers = 3;
const mostSearches = 32;
const longestSearchList = 2_048;

/** Reads the text of a resolv.conf(5); of several `search` or `domain` lines the last counts. */
export function parseResolvConf(text: string): ResolvConf {
  const result: ResolvConf = { nameservers: [], searches: [], options: [] };
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver" && values[0]) result.nameservers.push(values[0]);
    if (keyword === "search" || keyword === "domain") result.searches = values.map(withoutFinalDot).filter(Boolean);
    if (keyword === "options") result.options.push(...values);
  }
  return result;
}

/**
 * The text of a Pod's resolv.conf.
 * @param namespace the Pod's.
 * @param hostResolvConf text of the host's resolv.conf, as its resolvers read it.
 */
export function resolvConf(
  namespace: string,
  pod: Pick<PodSpec, "dnsPolicy" | "dnsConfig" | "hostNetwork">,
  settings: Pick<ClusterSettings, "clusterDomain" | "serviceCidr">,
  hostResolvConf: string,
): string {
  const base = baseOf(namespace, pod, settings, parseResolvConf(hostResolvConf));
  const { nameservers = [], searches = [], options = [] } = pod.dnsConfig ?? {};
  const ownOptions = options.flatMap(({ name, value }) => (name ? (value ? `${name}:${value}` : name) : []));
  return format({
    nameservers: unique([...base.nameservers, ...nameservers]).slice(0, mostNameservers),
    searches: withinLimits(unique([...base.searches, ...searches.map(withoutFinalDot)])),
    options: mergeOptions(base.options, ownOptions),
  });
}

function baseOf(
  namespace: string,
  pod: Pick<PodSpec, "dnsPolicy" | "hostNetwork">,
  settings: Pick<ClusterSettings, "clusterDomain" | "serviceCidr">,
  host: ResolvConf,
): ResolvConf {
  const cluster = clusterFirst(namespace, settings, host);
  switch (pod.dnsPolicy ?? "ClusterFirst") {
    case "None":
      return { nameservers: [], searches: [], options: [] };
    case "ClusterFirstWithHostNet":
      return cluster;
    case "ClusterFirst":
      return pod.hostNetwork ? host : cluster;
    default:
      return pod.hostNetwork ? host : reachableFromPod(host, cluster);
  }
}

function clusterFirst(
  namespace: string,
  settings: Pick<ClusterSettings, "clusterDomain" | "serviceCidr">,
  host: ResolvConf,
): ResolvConf {
  const domain = settings.clusterDomain;
  return {
    nameservers: [dnsAddress(settings)],
    searches: [`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...host.searches],
    options: ["ndots:5"],
  };
}

/**
 * A resolver on the host's loopback (systemd-resolved) is not there inside a Pod. Where the host has nothing else, the
 * cluster's DNS, which forwards to it, takes its place.
 */
function reachableFromPod(host: ResolvConf, cluster: ResolvConf): ResolvConf {
  const reachable = host.nameservers.filter((server) => !server.startsWith("127.") && server !== "::1");
  return { ...host, nameservers: reachable.length > 0 ? reachable : cluster.nameservers };
}

/** The Pod's options replace those of the same name. */
function mergeOptions(base: readonly string[], own: readonly string[]): string[] {
  const merged = new Map<string, string>();
  for (const option of [...base, ...own]) merged.set(option.split(":")[0] ?? option, option);
  return [...merged.values()];
}

function withinLimits(searches: readonly string[]): string[] {
  const kept: string[] = [];
  let length = 0;
  for (const search of searches.slice(0, mostSearches)) {
    length += search.length + 1;
    if (length > longestSearchList) break;
    kept.push(search);
  }
  return kept;
}

function format({ nameservers, searches, options }: ResolvConf): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...nameservers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function withoutFinalDot(name: string): string {
  return name === "." ? name : name.replace(/\.$/, "");
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
