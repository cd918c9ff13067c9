/** Which ports of the host the Ingress controller gets. */
import { everyAddress, IngressPorts } from "./ingress/index.ts";
import { hostAddresses } from "./instance/host-networks.ts";
import { addressRange } from "./machinery/address-range.ts";
import type { Client } from "./machinery/client.ts";
import { UserError } from "./machinery/daemon.ts";
import { services } from "./machinery/resource.ts";
import type { ClusterSettings } from "./machinery/settings.ts";

/**
 * 80 and 443; where others have them, free ones from the end of the range for node ports, whose beginning is left to those
 * who choose their node ports themselves.
 * @throws UserError when there are none.
 */
export async function openIngressPorts(
  {
    nodePortRange: { from, to },
    proxyMode,
    serviceCidr,
    ipv6,
  }: Pick<ClusterSettings, "nodePortRange" | "proxyMode" | "serviceCidr" | "ipv6">,
  client: Pick<Client, "list">,
): Promise<IngressPorts> {
  const taken = new Set<number>();
  for (const { spec } of client.list(services)) {
    for (const { nodePort } of spec?.ports ?? []) if (nodePort) taken.add(nodePort);
    if (spec?.healthCheckNodePort) taken.add(spec.healthCheckNodePort);
  }
  try {
    // In userspace mode the same port of every Service is a socket too, which one at every address would be in the way of.
    const services = [serviceCidr, ...(ipv6 ? [ipv6.serviceCidr] : [])].map(addressRange);
    const own = hostAddresses().filter((address) => !services.some((range) => range.has(address)));
    const ipv4 = own.filter((address) => !address.includes(":"));
    // An IPv6 address that the kernel has not taken over yet cannot be listened at.
    const each = ipv6 ? [own, ipv4] : [ipv4];
    return await IngressPorts.open(
      [80, 443],
      untaken(from, to, taken),
      proxyMode === "userspace" ? each : everyAddress,
    );
  } catch (error) {
    throw new UserError(
      `Ports 80 and 443 are in use, and none of the node ports ${from}-${to} is free for Ingress in their place (${(error as Error).message}). Give another range: --node-port-range 30000-32767`,
    );
  }
}

function* untaken(from: number, to: number, taken: ReadonlySet<number>): Generator<number> {
  for (let port = to; port >= from; port--) if (!taken.has(port)) yield port;
}
