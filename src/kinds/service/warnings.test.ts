import { expect, it } from "vitest";
import type { Service } from "../../machinery/types.ts";
import { serviceWarnings } from "./warnings.ts";

type Spec = NonNullable<Service["spec"]>;

const ClusterIP: Spec = { type: "ClusterIP", clusterIPs: ["10.96.0.7"], sessionAffinity: "None" };
const headless: Spec = { ...ClusterIP, clusterIP: "None", clusterIPs: ["None"] };
const LoadBalancer: Spec = { ...ClusterIP, type: "LoadBalancer" };

it.each<[spec: Spec, warnings: string[]]>([
  [ClusterIP, []],
  [headless, []],
  [{ ...ClusterIP, clusterIPs: ["10.96.0.7", "fd00:10:96::7"], externalIPs: ["fd00:9::5"] }, []],
  [
    { ...ClusterIP, clusterIPs: ["10.96.0.7", "FD00:10:96:0::7"] },
    ['spec.clusterIPs[1]: IPv6 address "FD00:10:96:0::7" should be in RFC 5952 canonical format ("fd00:10:96::7")'],
  ],
  [
    { ...LoadBalancer, externalIPs: ["10.9.9.9", "fd00:9:0::5"], loadBalancerIP: "fd00:9:0::6" },
    [
      'spec.externalIPs[1]: IPv6 address "fd00:9:0::5" should be in RFC 5952 canonical format ("fd00:9::5")',
      'spec.loadBalancerIP: IPv6 address "fd00:9:0::6" should be in RFC 5952 canonical format ("fd00:9::6")',
    ],
  ],
  [
    { ...LoadBalancer, loadBalancerSourceRanges: ["10.0.0.0/8", "192.0.2.8/24", "fd00:9:0::/64", "fd00:9::5/64"] },
    [
      'spec.loadBalancerSourceRanges[1]: CIDR value "192.0.2.8/24" is ambiguous in this context (should be "192.0.2.0/24" or "192.0.2.8/32"?)',
      'spec.loadBalancerSourceRanges[2]: IPv6 CIDR value "fd00:9:0::/64" should be in RFC 5952 canonical format ("fd00:9::/64")',
      'spec.loadBalancerSourceRanges[3]: CIDR value "fd00:9::5/64" is ambiguous in this context (should be "fd00:9::/64" or "fd00:9::5/128"?)',
    ],
  ],
  [
    { ...headless, externalIPs: ["192.0.2.9"], loadBalancerIP: "192.0.2.10", sessionAffinity: "ClientIP" },
    [
      "spec.loadBalancerIP is ignored for headless services",
      "spec.externalIPs is ignored for headless services",
      "spec.SessionAffinity is ignored for headless services",
    ],
  ],
  [
    { type: "ExternalName", externalName: "example.com", externalIPs: ["192.0.2.9"] },
    ['spec.externalIPs is ignored when spec.type is "ExternalName"'],
  ],
  [
    { ...ClusterIP, externalName: "example.com" },
    ['spec.externalName is ignored when spec.type is not "ExternalName"'],
  ],
])("warns of %j", (spec, warnings) => {
  expect(serviceWarnings({ spec })).toEqual(warnings);
});

it("warns of the annotation of old", () => {
  const annotations = { "service.kubernetes.io/topology-aware-hints": "auto" };
  expect(serviceWarnings({ metadata: { annotations }, spec: ClusterIP })).toEqual([
    "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
  ]);
});
