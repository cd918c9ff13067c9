/**
 * Gives a Service its addresses and ports. What is taken is read from the Services there are, within the same step in
 * which the write is decided, so nothing is ever given out twice and nothing needs to be given back.
 */
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import { canonicalAddress } from "../../machinery/ipv6.ts";
import type { AdmissionContext } from "../../machinery/kind.ts";
import type { Stored } from "../../machinery/object.ts";
import { services } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Service } from "../../machinery/types.ts";
import { allocate } from "./allocation.ts";
import { type ClusterIpPool, clusterIpPool } from "./cluster-ip-pool.ts";
import { addressesInUse } from "./in-use.ts";
import { setIpFamilies } from "./ip-families.ts";
import { isHeadless, needsClusterIp } from "./needs.ts";
import { allocateNodePorts } from "./node-ports.ts";
import { serviceWarnings } from "./warnings.ts";

/** In place. @throws StatusError Invalid, or InternalError when a range is full. */
export function admitService(object: Service, old: Stored<Service> | undefined, context: AdmissionContext): void {
  const { spec } = object;
  if (!spec) return;
  // Asked for by one name, shown under both.
  if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
  const errors = setIpFamilies(object, old, context.settings.ipv6 ? ["IPv4", "IPv6"] : ["IPv4"]);
  if (errors.length === 0) errors.push(...allocateAddresses(object, old, context));
  if (errors.length === 0) errors.push(...allocateNodePorts(object, old, context));
  if (errors.length > 0) throw StatusError.invalid({ group: "", kind: "Service" }, object.metadata?.name ?? "", errors);
  for (const text of serviceWarnings(object)) context.warn(text);
}

/** One for each family of the Service that has none yet. */
function allocateAddresses(object: Service, old: Stored<Service> | undefined, context: AdmissionContext): FieldError[] {
  const spec = object.spec ?? {};
  if (!needsClusterIp(object)) return [];
  if (isHeadless(object)) {
    spec.clusterIP = "None";
    return [];
  }
  let inUse: ((address: string) => boolean) | undefined;
  const isTaken = (address: string): boolean => {
    inUse ??= addressesInUse(context.read.list(services));
    return inUse(address);
  };
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    const asked = spec.clusterIPs?.[index] ?? "";
    const had = old && needsClusterIp(old) ? old.spec?.clusterIPs?.[index] : undefined;
    // That an address may not change once it is set is for validation to say, whether or not the new one could be had.
    if (asked !== "" && had !== undefined) continue;
    const cidr = family === "IPv6" ? context.settings.ipv6?.serviceCidr : context.settings.serviceCidr;
    if (cidr === undefined) continue;
    const pool = clusterIpPool(cidr);
    if (asked !== "") {
      const refused = refusal(pool, asked, isTaken);
      if (refused === undefined) continue;
      return [invalid("spec.clusterIPs", spec.clusterIPs, `failed to allocate IP ${asked}: ${refused}`)];
    }
    const number = allocate(pool.pool, (candidate) => isTaken(pool.format(candidate)));
    if (number === undefined) throw StatusError.internal("failed to allocate a serviceIP: range is full");
    spec.clusterIPs = [...(spec.clusterIPs ?? []).slice(0, index), pool.format(number)];
  }
  if (spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
  return [];
}

function refusal(
  { cidr, parse }: ClusterIpPool,
  asked: string,
  isTaken: (address: string) => boolean,
): string | undefined {
  if (parse(asked) === undefined) {
    return `the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${cidr}`;
  }
  return isTaken(canonicalAddress(asked)) ? "provided IP is already allocated" : undefined;
}
