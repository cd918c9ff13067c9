/**
 * Rules of the fields that say which addresses a Service has: `clusterIP`, `clusterIPs`, `ipFamilies`, `ipFamilyPolicy`.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/dual-stack/#services and kubernetes/kubernetes
 * `pkg/apis/core/validation`.
 */
import { isIPv6 } from "node:net";
import { duplicate, type FieldError, invalid, notSupported } from "../../machinery/field-error.ts";
import type { Service } from "../../machinery/types.ts";
import { each, ipAddress, oneOf } from "../../machinery/validation/fields.ts";
import { isHeadless, needsClusterIp } from "./needs.ts";

type Spec = NonNullable<Service["spec"]>;

export type IpFamily = "IPv4" | "IPv6";

const families: readonly string[] = ["IPv4", "IPv6"];
const field = "spec.clusterIPs";

export function familyOf(address: string): IpFamily {
  return isIPv6(address) ? "IPv6" : "IPv4";
}

export function validateClusterIps(spec: Spec): FieldError[] {
  const { clusterIP = "", clusterIPs = [], type } = spec;
  if (type === "ExternalName") return [];
  const errors: FieldError[] = [];
  if (clusterIP === "" && clusterIPs.length > 0) {
    errors.push(invalid(field, clusterIPs, "must be empty when `clusterIP` is not specified"));
  } else if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalid(field, clusterIPs, "first value must match `clusterIP`"));
  }
  errors.push(...validateFamilies(spec));
  const malformed = validateAddresses(clusterIPs);
  errors.push(...malformed);
  if (clusterIPs.length > 2) errors.push(invalid(field, clusterIPs, "may only hold up to 2 values"));
  // What follows would only say the same in other words.
  if (malformed.length > 0) return errors;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size !== clusterIPs.length) {
    errors.push(invalid(field, clusterIPs, "may specify no more than one IP for each IP family"));
  }
  return [...errors, ...validateMatch(clusterIPs, spec.ipFamilies ?? [])];
}

function validateFamilies({ ipFamilies, ipFamilyPolicy }: Spec): FieldError[] {
  const seen = new Set<string>();
  const errors = each(ipFamilies, "spec.ipFamilies", (family, at) => {
    const found = families.includes(family) ? [] : [notSupported(at, family, families)];
    if (seen.has(family)) found.push(duplicate(at, family));
    seen.add(family);
    return found;
  });
  if (ipFamilyPolicy === undefined) return errors;
  const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
  return [...errors, ...oneOf("spec.ipFamilyPolicy", ipFamilyPolicy, policies)];
}

function validateAddresses(clusterIPs: readonly string[]): FieldError[] {
  return each([...clusterIPs], field, (ip, at) => {
    if (at !== `${field}[0]` || ip !== "None") return ipAddress(at, ip);
    return clusterIPs.length > 1 ? [invalid(field, clusterIPs, "'None' must be the first and only value")] : [];
  });
}

function validateMatch(clusterIPs: readonly string[], ipFamilies: readonly string[]): FieldError[] {
  if (clusterIPs[0] === "None") return [];
  return each([...clusterIPs], field, (ip, at) => {
    const index = clusterIPs.indexOf(ip);
    const family = ipFamilies[index];
    if (family === undefined || !families.includes(family) || family === familyOf(ip)) return [];
    return [invalid(at, ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``)];
  });
}

/** What has been given stays, but for a secondary address that may come and go with the policy. */
export function validateClusterIpsUpdate(object: Service, old: Service): FieldError[] {
  if (!needsClusterIp(object) || !needsClusterIp(old)) return [];
  return [...validateAddressesUpdate(object, old), ...validateFamiliesUpdate(object, old)];
}

function validateAddressesUpdate(object: Service, old: Service): FieldError[] {
  if (isHeadless(old) && isHeadless(object)) return [];
  const now = object.spec?.clusterIPs ?? [];
  const before = old.spec?.clusterIPs ?? [];
  if (before.length === now.length) {
    return before.flatMap((ip, index) =>
      ip === now[index] ? [] : [invalid(`${field}[${index}]`, now, "may not change once set")],
    );
  }
  if (before.length > 0 && now.length === 0) return [invalid(`${field}[0]`, now, "primary clusterIP can not be unset")];
  const errors: FieldError[] = [];
  if (before.length > 0 && now[0] !== before[0]) errors.push(invalid(`${field}[0]`, now, "may not change once set"));
  if (before.length > now.length) errors.push(...mustBeSingle(object, "clusterIP"));
  return errors;
}

function validateFamiliesUpdate(object: Service, old: Service): FieldError[] {
  if (isHeadless(object) || isHeadless(old)) return [];
  const now = object.spec?.ipFamilies ?? [];
  const before = old.spec?.ipFamilies ?? [];
  const at = "spec.ipFamilies[0]";
  if (before.length === now.length) {
    return before.flatMap((family, index) =>
      family === now[index] ? [] : [invalid(at, now, "may not change once set")],
    );
  }
  const errors: FieldError[] = [];
  if (before.length > 0 && now.length > 0 && now[0] !== before[0]) {
    errors.push(invalid(at, object.spec?.clusterIPs, "may not change once set"));
  }
  if (before.length > now.length && now.length === 1) errors.push(...mustBeSingle(object, "ipFamily"));
  return errors;
}

function mustBeSingle({ spec }: Service, what: string): FieldError[] {
  if (spec?.ipFamilyPolicy === "SingleStack") return [];
  const detail = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  return [invalid("spec.ipFamilyPolicy", spec?.ipFamilyPolicy, detail)];
}
