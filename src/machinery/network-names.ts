/**
 * Names and addresses that follow from an instance's settings, so that the parts of Skiff that meet on the host's network
 * (kubelet, proxy, DNS, `skiff reset`) agree without asking each other.
 */
import { createHash } from "node:crypto";
import { type Cidr, nthAddress, parseCidr, parseIpv4, sizeOf } from "./cidr.ts";
import { formatIpv6, nthIpv6Address, parseIpv6Cidr } from "./ipv6.ts";
import type { ClusterSettings, Ipv6Settings } from "./settings.ts";

type PodRanges = Pick<ClusterSettings, "podCidr"> & { ipv6?: Pick<Ipv6Settings, "podCidr"> };

/** Linux allows an interface name 15 bytes (IFNAMSIZ less the closing zero). */
const longestInterfaceName = 15;

/** The Docker network of the instance's Pods. */
export function networkName(settings: Pick<ClusterSettings, "name">): string {
  return `skiff-${settings.name}`;
}

/** The bridge of that network (its option `com.docker.network.bridge.name`): the same name, or a digest where that is too long. */
export function bridgeName(settings: Pick<ClusterSettings, "name">): string {
  const name = `skiff-${settings.name}`;
  if (name.length <= longestInterfaceName) return name;
  return `skf-${createHash("sha256").update(settings.name).digest("hex").slice(0, 11)}`;
}

/** The nftables table (family `ip`, and `ip6` in a dual-stack cluster) that holds the instance's rules. */
export function tableName(settings: Pick<ClusterSettings, "name">): string {
  return `skiff-${settings.name}`;
}

/** Both ranges of a dual-stack cluster, as `skiff up` takes them: `10.96.0.0/12,fd00:10:96::/112`; else the one. */
export function rangesOf(
  settings: Record<"podCidr" | "serviceCidr", string> & { ipv6?: Record<"podCidr" | "serviceCidr", string> },
  which: "podCidr" | "serviceCidr",
): string {
  return settings.ipv6 ? `${settings[which]},${settings.ipv6[which]}` : settings[which];
}

/** Where the host answers on the Pod network, the Pods' default gateway: `10.244.0.1`. */
export function podGateway(settings: Pick<ClusterSettings, "podCidr">): string {
  return nthAddress(parseCidr(settings.podCidr), 1);
}

/**
 * The end of the Pod range, left to containers that users connect to the Pods' network themselves: 10.244.255.0/24 of a /16,
 * a sixteenth of smaller ones.
 */
export function rangeOfOthers(settings: Pick<ClusterSettings, "podCidr">): Cidr {
  const pods = parseCidr(settings.podCidr);
  const prefix = Math.min(Math.max(pods.prefix + 4, 24), 31);
  return { base: pods.base + sizeOf(pods) - 2 ** (32 - prefix), prefix };
}

/** The same of the IPv6 range: `fd00:10:244::1`. */
export function podGatewayIpv6({ podCidr }: Pick<Ipv6Settings, "podCidr">): string {
  return nthIpv6Address(parseIpv6Cidr(podCidr), 1);
}

/**
 * The IPv6 address of the Pod that has an IPv4 address: at the same place in its range, so that who has the one has the
 * other, and neither is given out twice (10.244.1.5 → fd00:10:244::105). Undefined in a single-stack cluster.
 */
export function podIpv6({ podCidr, ipv6 }: PodRanges, address: string): string | undefined {
  const value = parseIpv4(address);
  if (!ipv6 || value === undefined) return undefined;
  return nthIpv6Address(parseIpv6Cidr(ipv6.podCidr), value - parseCidr(podCidr).base);
}

/** All addresses of a Pod by its IPv4 address, which comes first. */
export function podAddresses(settings: PodRanges, address: string): string[] {
  const second = podIpv6(settings, address);
  return second === undefined ? [address] : [address, second];
}

/** Addresses of the node, IPv4 first. */
export function nodeAddresses({ nodeAddress, ipv6 }: Pick<ClusterSettings, "nodeAddress" | "ipv6">): string[] {
  return ipv6?.nodeAddress === undefined ? [nodeAddress] : [nodeAddress, ipv6.nodeAddress];
}

/** The counterpart of {@link rangeOfOthers} in the IPv6 range: `fd00:10:244::ff00/120`. */
export function ipv6RangeOfOthers(
  settings: Pick<ClusterSettings, "podCidr">,
  ipv6: Pick<Ipv6Settings, "podCidr">,
): string {
  const others = rangeOfOthers(settings);
  const offset = others.base - parseCidr(settings.podCidr).base;
  return `${formatIpv6(parseIpv6Cidr(ipv6.podCidr).base + BigInt(offset))}/${others.prefix + 96}`;
}

/** Cluster IP of the Service `kubernetes`: `10.96.0.1`. */
export function kubernetesAddress(settings: Pick<ClusterSettings, "serviceCidr">): string {
  return nthAddress(parseCidr(settings.serviceCidr), 1);
}

/** Cluster IP of the Service `kube-dns`: `10.96.0.10`. */
export function dnsAddress(settings: Pick<ClusterSettings, "serviceCidr">): string {
  return nthAddress(parseCidr(settings.serviceCidr), 10);
}
