import type { EndpointSlice } from "../../machinery/types.ts";

/** More than these are only counted. */
const shown = 3;
const unset = "<unset>";

/** `80,443`; a port without a number is its name. */
export function printPorts(ports: EndpointSlice["ports"]): string {
  return list((ports ?? []).map((port) => (port.port === undefined ? (port.name ?? "*") : String(port.port))));
}

/** `10.244.0.2,10.244.0.3 + 1 more...` */
export function printAddresses(endpoints: EndpointSlice["endpoints"]): string {
  return list((endpoints ?? []).flatMap((endpoint) => endpoint.addresses));
}

function list(items: string[]): string {
  if (items.length === 0) return unset;
  const text = items.slice(0, shown).join(",");
  return items.length > shown ? `${text} + ${items.length - shown} more...` : text;
}
