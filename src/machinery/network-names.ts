/**
 * Names and addresses that follow from an instance's settings, so that the parts of Skiff that meet on the host's network
 * (kubelet, proxy, DNS, `skiff reset`) agree without asking each other.
 */
import { createHash } from "node:crypto";
import { type Cidr, nthAddress, parseCidr, sizeOf } from "./cidr.ts";
import type { ClusterSettings } from "./settings.ts";

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

/** The nftables table (family `ip`) that holds the instance's rules. */
export function tableName(settings: Pick<ClusterSettings, "name">): string {
  return `skiff-${settings.name}`;
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

/** Cluster IP of the Service `kubernetes`: `10.96.0.1`. */
export function kubernetesAddress(settings: Pick<ClusterSettings, "serviceCidr">): string {
  return nthAddress(parseCidr(settings.serviceCidr), 1);
}

/** Cluster IP of the Service `kube-dns`: `10.96.0.10`. */
export function dnsAddress(settings: Pick<ClusterSettings, "serviceCidr">): string {
  return nthAddress(parseCidr(settings.serviceCidr), 10);
}
