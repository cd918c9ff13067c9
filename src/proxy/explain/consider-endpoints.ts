/** Endpoints that are none of the Pods that a Service selects: those written by hand. Pure. */
import { canonicalAddress } from "../../machinery/ipv6.ts";
import type { Endpoint, EndpointSlice } from "../../machinery/types.ts";
import type { Target } from "../compile.ts";

/**
 * `192.0.2.5: not ready` for each endpoint that gets no connections, and is no Pod that the Service selects.
 * @param families of the Service.
 */
export function excludedEndpoints(
  slices: readonly Pick<EndpointSlice, "addressType" | "endpoints">[],
  targets: readonly Target[],
  selected: ReadonlySet<string>,
  families: readonly string[] = ["IPv4"],
): string[] {
  const reached = new Set(targets.map(({ ip }) => ip));
  const excluded = new Map<string, string>();
  for (const { addressType, endpoints } of slices) {
    for (const endpoint of endpoints) {
      const [address = ""] = endpoint.addresses;
      if (reached.has(canonicalAddress(address)) || selected.has(endpoint.targetRef?.uid ?? "")) continue;
      excluded.set(address, whyNot(endpoint, addressType, families));
    }
  }
  return [...excluded].map(([address, why]) => `${address}: ${why}`);
}

/** Rule: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions */
function whyNot({ conditions }: Endpoint, addressType: string, families: readonly string[]): string {
  if (!families.includes(addressType)) return `its slice is of type ${addressType}`;
  if (conditions?.terminating) return "terminating";
  if (conditions?.ready === false) return "not ready";
  return "no port of its slice has the name and the protocol of the Service's";
}
