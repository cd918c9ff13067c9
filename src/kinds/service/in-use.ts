import { canonicalAddress } from "../../machinery/ipv6.ts";
import type { Stored } from "../../machinery/object.ts";
import type { Service } from "../../machinery/types.ts";

/** Beyond so many questions a set of all answers costs less than asking every Service each time. */
const fewQuestions = 3;

/**
 * Tells which addresses (`10.96.0.9`, `fd00:10:96::9`) these Services have. Asked once as a rule, since a random address
 * of a large range is hardly ever taken: collecting all addresses for the one answer would cost more than looking through
 * them.
 */
export function addressesInUse(services: readonly Stored<Service>[]): (address: string) => boolean {
  let questions = 0;
  let all: ReadonlySet<string> | undefined;
  return (address) => {
    questions++;
    if (questions <= fewQuestions) return services.some(({ spec }) => hasAddress(spec, address));
    all ??= new Set(services.flatMap(({ spec }) => addressesOf(spec)).map(canonicalAddress));
    return all.has(address);
  };
}

function hasAddress(spec: Service["spec"], address: string): boolean {
  if (spec?.clusterIP === address) return true;
  // The one address of most Services has just been compared; IPv6 may be written in many ways.
  const isOther = address.includes(":") || (spec?.clusterIPs?.length ?? 0) > 1;
  return isOther && addressesOf(spec).some((ip) => canonicalAddress(ip) === address);
}

function addressesOf(spec: Service["spec"]): readonly string[] {
  return spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : []);
}

/** The host's ports that these Services have, whatever their protocol. @param except a Service that may keep its own. */
export function portsOf(services: readonly Stored<Service>[], except: Stored<Service> | undefined): Set<number> {
  const taken = new Set<number>();
  for (const { metadata, spec } of services) {
    if (metadata.uid === except?.metadata.uid) continue;
    for (const { nodePort } of spec?.ports ?? []) if (nodePort) taken.add(nodePort);
    if (spec?.healthCheckNodePort) taken.add(spec.healthCheckNodePort);
  }
  return taken;
}
