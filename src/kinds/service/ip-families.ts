/**
 * Families of a Service's addresses: what its policy and the cluster make of what it asks for. Pure.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/dual-stack/#services and kubernetes/kubernetes
 * `pkg/registry/core/service/storage` (KEP-563).
 */
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import type { Service } from "../../machinery/types.ts";
import { semanticEqual } from "../../machinery/validation/semantic-equal.ts";
import { familyOf, type IpFamily, validateClusterIps } from "./cluster-ip-validation.ts";
import { isHeadless, needsClusterIp } from "./needs.ts";

type Spec = NonNullable<Service["spec"]>;

const policyField = "spec.ipFamilyPolicy";

/**
 * Fills in `ipFamilyPolicy` and `ipFamilies`, and drops a secondary address that the policy gives up, in place.
 * @param configured families of the cluster, its default first.
 */
export function setIpFamilies(
  object: Service,
  old: Service | undefined,
  configured: readonly [IpFamily, ...IpFamily[]],
): FieldError[] {
  const { spec } = object;
  if (!spec || !needsClusterIp(object)) return [];
  const before = old && needsClusterIp(old) ? old.spec : undefined;
  // Such a Service neither gains nor loses an address when the cluster gains or loses a family.
  if (before && isUnchangedPreference(spec, before)) return [];
  const isFree = isHeadless(object) && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= before?.ipFamilyPolicy ?? (isFree ? "RequireDualStack" : "SingleStack");
  const malformed = validateClusterIps(spec);
  if (malformed.length > 0) return malformed;
  const errors = [
    ...(before ? releaseSecondary(spec, before) : []),
    ...checkSingle(spec),
    ...inferFamilies(spec, configured),
  ];
  if (errors.length > 0) return errors;
  // Whose endpoints somebody else writes may have addresses of any family.
  const possible: readonly IpFamily[] = isFree ? ["IPv4", "IPv6"] : configured;
  if (!isFree) {
    const missing = checkConfigured(spec, configured);
    if (missing.length > 0) return missing;
  }
  const chosen = spec.ipFamilies?.[0] ? [...spec.ipFamilies] : [configured[0]];
  const other = possible.find((family) => !chosen.includes(family));
  if (spec.ipFamilyPolicy !== "SingleStack" && chosen.length === 1 && other) chosen.push(other);
  spec.ipFamilies = chosen;
  return [];
}

function isUnchangedPreference(spec: Spec, before: Spec): boolean {
  return (
    spec.type === before.type &&
    spec.ipFamilyPolicy === "PreferDualStack" &&
    before.ipFamilyPolicy === "PreferDualStack" &&
    semanticEqual(spec.clusterIPs, before.clusterIPs) &&
    semanticEqual(spec.ipFamilies, before.ipFamilies)
  );
}

/** `SingleStack` alone says that the second address is to go; that it is left out must be said by the policy too. */
function releaseSecondary(spec: Spec, before: Spec): FieldError[] {
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  if (ipFamilyPolicy === "SingleStack") {
    if (semanticEqual(clusterIPs, before.clusterIPs)) spec.clusterIPs = clusterIPs.slice(0, 1);
    if (semanticEqual(ipFamilies, before.ipFamilies)) spec.ipFamilies = ipFamilies.slice(0, 1);
    return [];
  }
  const isReduced = (now: readonly string[], had: readonly string[] = []) => now.length > 0 && now.length < had.length;
  const mustBeSingle = (what: string) =>
    invalid(policyField, ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  return [
    ...(isReduced(clusterIPs, before.clusterIPs) ? [mustBeSingle("cluster IP")] : []),
    ...(isReduced(ipFamilies, before.ipFamilies) ? [mustBeSingle("IP family")] : []),
  ];
}

function checkSingle({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: Spec): FieldError[] {
  if (ipFamilyPolicy !== "SingleStack") return [];
  const several = (what: string) =>
    invalid(
      policyField,
      ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(clusterIPs.length === 2 ? [several("cluster IPs")] : []),
    ...(ipFamilies.length === 2 ? [several("IP families")] : []),
  ];
}

/** An address that is asked for says its family. */
function inferFamilies(spec: Spec, configured: readonly IpFamily[]): FieldError[] {
  const errors: FieldError[] = [];
  const { clusterIPs = [] } = spec;
  if (clusterIPs[0] === "None") return [];
  for (const [index, ip] of clusterIPs.entries()) {
    if (spec.ipFamilies && index < spec.ipFamilies.length) continue;
    const family = familyOf(ip);
    if (configured.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else errors.push(invalid(`spec.clusterIPs[${index}]`, clusterIPs, `${family} is not configured on this cluster`));
  }
  return errors;
}

function checkConfigured({ ipFamilyPolicy, ipFamilies = [] }: Spec, configured: readonly string[]): FieldError[] {
  const detail = "this cluster is not configured for dual-stack services";
  return [
    ...(ipFamilyPolicy === "RequireDualStack" && configured.length < 2
      ? [invalid(policyField, ipFamilyPolicy, detail)]
      : []),
    ...ipFamilies.flatMap((family, index) =>
      configured.includes(family)
        ? []
        : [invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster")],
    ),
  ];
}
