/**
 * Gives a Service its addresses and ports. What is taken is read from the Services there are, within the same step in
 * which the write is decided, so nothing is ever given out twice and nothing needs to be given back.
 */
import { formatIpv4, parseIpv4 } from "../../machinery/cidr.ts";
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import type { AdmissionContext } from "../../machinery/kind.ts";
import type { Stored } from "../../machinery/object.ts";
import { services } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Service } from "../../machinery/types.ts";
import { addressPool, allocate, inPool } from "./allocation.ts";
import { addressesInUse } from "./in-use.ts";
import { setIpFamilies } from "./ip-families.ts";
import { needsClusterIp } from "./needs.ts";
import { allocateNodePorts } from "./node-ports.ts";

/** In place. @throws StatusError Invalid, or InternalError when a range is full. */
export function admitService(object: Service, old: Stored<Service> | undefined, context: AdmissionContext): void {
  const { spec } = object;
  if (!spec) return;
  // Asked for by one name, shown under both.
  if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
  const errors = setIpFamilies(object);
  if (errors.length === 0) errors.push(...allocateAddress(object, old, context));
  if (errors.length === 0) errors.push(...allocateNodePorts(object, old, context));
  if (errors.length > 0) throw StatusError.invalid({ group: "", kind: "Service" }, object.metadata?.name ?? "", errors);
}

function allocateAddress(object: Service, old: Stored<Service> | undefined, context: AdmissionContext): FieldError[] {
  const spec = object.spec ?? {};
  if (!needsClusterIp(object)) return [];
  const asked = spec.clusterIPs?.[0] ?? "";
  if (asked === "None" || (asked !== "" && asked === old?.spec?.clusterIP)) {
    spec.clusterIP = asked;
    return [];
  }
  const pool = addressPool(context.settings.serviceCidr);
  const isTaken = addressesInUse(context.read.list(services));
  if (asked === "") {
    const address = allocate(pool, (candidate) => isTaken(formatIpv4(candidate)));
    if (address === undefined) throw StatusError.internal("failed to allocate a serviceIP: range is full");
    spec.clusterIP = formatIpv4(address);
    spec.clusterIPs = [spec.clusterIP];
    return [];
  }
  const address = parseIpv4(asked);
  // What is no address at all is for validation to say.
  if (address === undefined) return [];
  // So is that an address may not change once it is set, whether or not the new one could be had.
  if (old && needsClusterIp(old)) return [];
  const refuse = (why: string): FieldError[] => [
    invalid("spec.clusterIPs", spec.clusterIPs, `failed to allocate IP ${asked}: ${why}`),
  ];
  if (!inPool(pool, address)) {
    return refuse(
      `the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${context.settings.serviceCidr}`,
    );
  }
  return isTaken(asked) ? refuse("provided IP is already allocated") : [];
}
