/**
 * What kube-apiserver warns of in a Service that it takes: fields that mean nothing for its type, and addresses that
 * are written in an unusual way. Pure. Rules: `GetWarningsForService` of Kubernetes 1.33;
 * https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/4858-ip-cidr-validation#api-warnings
 */
import { formatCidr, tryParseCidr } from "../../machinery/cidr.ts";
import { canonicalAddress, formatIpv6Cidr, tryParseIpv6Cidr } from "../../machinery/ipv6.ts";
import type { Service } from "../../machinery/types.ts";
import { isHeadless } from "./needs.ts";

const hintsAnnotation = "service.kubernetes.io/topology-aware-hints";

export function serviceWarnings({ metadata, spec = {} }: Service): string[] {
  const { type, externalIPs = [], loadBalancerIP, loadBalancerSourceRanges = [] } = spec;
  const headless = type === "ClusterIP" && isHeadless({ spec });
  const hasAddress = type !== "ExternalName" && !isHeadless({ spec });
  const sentences: [applies: boolean, sentence: string][] = [
    [
      metadata?.annotations?.[hintsAnnotation] !== undefined,
      `annotation ${hintsAnnotation} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    ],
    [headless && !!loadBalancerIP, "spec.loadBalancerIP is ignored for headless services"],
    [headless && externalIPs.length > 0, "spec.externalIPs is ignored for headless services"],
    [headless && spec.sessionAffinity === "ClientIP", "spec.SessionAffinity is ignored for headless services"],
    [type === "ExternalName" && externalIPs.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [
      type !== "ExternalName" && !!spec.externalName,
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ],
  ];
  return [
    ...sentences.flatMap(([applies, sentence]) => (applies ? sentence : [])),
    ...(hasAddress ? (spec.clusterIPs ?? []) : []).flatMap((ip, index) => ofAddress(`spec.clusterIPs[${index}]`, ip)),
    ...externalIPs.flatMap((ip, index) => ofAddress(`spec.externalIPs[${index}]`, ip)),
    ...(loadBalancerIP ? ofAddress("spec.loadBalancerIP", loadBalancerIP) : []),
    ...loadBalancerSourceRanges.flatMap((range, index) => ofRange(`spec.loadBalancerSourceRanges[${index}]`, range)),
  ];
}

function ofAddress(field: string, address: string): string[] {
  const canonical = canonicalAddress(address);
  if (canonical === address) return [];
  return [`${field}: IPv6 address "${address}" should be in RFC 5952 canonical format ("${canonical}")`];
}

/** Of a network with host bits nobody knows whether it or the one address is meant. */
function ofRange(field: string, range: string): string[] {
  const [address = "", prefix = ""] = range.trim().split("/");
  const ipv6 = tryParseIpv6Cidr(range.trim());
  const ipv4 = tryParseCidr(range.trim());
  const network = ipv6 ? formatIpv6Cidr(ipv6) : ipv4 && formatCidr(ipv4);
  if (network === undefined) return [];
  const canonical = canonicalAddress(address);
  if (network !== `${canonical}/${Number(prefix)}`) {
    const single = `${canonical}/${ipv6 ? 128 : 32}`;
    return [`${field}: CIDR value "${range}" is ambiguous in this context (should be "${network}" or "${single}"?)`];
  }
  if (canonical === address) return [];
  return [`${field}: IPv6 CIDR value "${range}" should be in RFC 5952 canonical format ("${network}")`];
}
