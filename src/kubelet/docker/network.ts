/** The Docker network of an instance's Pods. */
import { formatCidr } from "../../machinery/cidr.ts";
import { RuntimeError } from "../../machinery/container-runtime.ts";
import {
  bridgeName,
  ipv6RangeOfOthers,
  networkName,
  podGateway,
  podGatewayIpv6,
  rangeOfOthers,
} from "../../machinery/network-names.ts";
import { type ClusterSettings, instanceLabel } from "../../machinery/settings.ts";
import { type DockerClient, docked, toRuntimeError } from "./client.ts";
import { serviceCidrLabel, serviceIpv6CidrLabel } from "./host-facts.ts";
import { removeBridge, strayBridge } from "./stray-bridge.ts";

export type NetworkSettings = Pick<ClusterSettings, "name" | "podCidr" | "serviceCidr" | "ipv6">;

/**
 * Makes sure the bridge network exists with the Pod CIDRs as its subnets. One of the same name with other subnets is
 * replaced as long as nothing uses it. @throws RuntimeError (the engine's reason, as when the subnet overlaps another).
 */
export async function ensureNetwork(docker: DockerClient, settings: NetworkSettings): Promise<void> {
  const present = await inspect(docker, networkName(settings));
  const subnets = present?.IPAM?.Config?.map((range) => range.Subnet) ?? [];
  const { ipv6 } = settings;
  if (subnets.includes(settings.podCidr) && (!ipv6 || subnets.includes(ipv6.podCidr))) return;
  if (present) {
    if (present.Labels?.[instanceLabel] !== settings.name) {
      throw new RuntimeError(
        "Conflict",
        `the Docker network ${networkName(settings)} exists and is not Skiff's: remove it, or choose another --name`,
      );
    }
    await docked(docker.getNetwork(present.Id).remove());
  }
  const stray = await strayBridge(docker, settings);
  if (stray !== undefined) await removeBridge(stray);
  // Docker does not know the addresses that Pods have; what users connect gets one that no Pod is given.
  const range = {
    Subnet: settings.podCidr,
    Gateway: podGateway(settings),
    IPRange: formatCidr(rangeOfOthers(settings)),
  };
  const ipv6Range = ipv6 && {
    Subnet: ipv6.podCidr,
    Gateway: podGatewayIpv6(ipv6),
    IPRange: ipv6RangeOfOthers(settings, ipv6),
  };
  await docked(
    docker.createNetwork({
      Name: networkName(settings),
      Driver: "bridge",
      CheckDuplicate: true,
      ...(ipv6 && { EnableIPv6: true }),
      IPAM: { Driver: "default", Config: [range, ...(ipv6Range ? [ipv6Range] : [])] },
      Options: { "com.docker.network.bridge.name": bridgeName(settings) },
      Labels: {
        [instanceLabel]: settings.name,
        [serviceCidrLabel]: settings.serviceCidr,
        ...(ipv6 && { [serviceIpv6CidrLabel]: ipv6.serviceCidr }),
      },
    }),
  );
}

async function inspect(docker: DockerClient, name: string) {
  try {
    return await docker.getNetwork(name).inspect();
  } catch (error) {
    const known = toRuntimeError(error);
    if (known.kind === "NotFound") return undefined;
    throw known;
  }
}
