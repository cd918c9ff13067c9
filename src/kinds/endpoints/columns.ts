import { none } from "../../machinery/columns.ts";
import { hostPort } from "../../machinery/ipv6.ts";
import type { Endpoints } from "../../machinery/types.ts";

/** More addresses than these are only counted. */
const shown = 3;

/** `10.244.0.2:80,10.244.0.3:80 + 1 more...` as `kubectl get endpoints` prints it: nothing where no address is ready. */
export function printEndpoints(subsets: Endpoints["subsets"]): string {
  if (!subsets || subsets.length === 0) return none;
  const all = subsets.flatMap((subset) => {
    const addresses = subset.addresses ?? [];
    // Headless Services may have no ports: the addresses alone then.
    if (!subset.ports || subset.ports.length === 0) return addresses.map((address) => address.ip);
    return subset.ports.flatMap((port) => addresses.map((address) => hostPort(address.ip, port.port)));
  });
  const text = all.slice(0, shown).join(",");
  return all.length > shown ? `${text} + ${all.length - shown} more...` : text;
}
