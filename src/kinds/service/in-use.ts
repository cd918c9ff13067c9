import { parseIpv4 } from "../../machinery/cidr.ts";
import type { Stored } from "../../machinery/object.ts";
import type { Service } from "../../machinery/types.ts";

/** The cluster IPs of these Services, as numbers. */
export function addressesOf(services: readonly Stored<Service>[]): Set<number> {
  const taken = new Set<number>();
  for (const { spec } of services) {
    const address = parseIpv4(spec?.clusterIP ?? "");
    if (address !== undefined) taken.add(address);
  }
  return taken;
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
