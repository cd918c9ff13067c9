/** The Docker network of an instance's Pods. */
import { formatCidr } from "../../machinery/cidr.ts";
import { RuntimeError } from "../../machinery/container-runtime.ts";
import { bridgeName, networkName, podGateway, rangeOfOthers } from "../../machinery/network-names.ts";
import { type ClusterSettings, instanceLabel } from "../../machinery/settings.ts";
import { type DockerClient, docked, toRuntimeError } from "./client.ts";
import { serviceCidrLabel } from "./host-facts.ts";

export type NetworkSettings = Pick<ClusterSettings, "name" | "podCidr" | "serviceCidr">;

/**
 * Makes sure the bridge network exists with the Pod CIDR as its subnet. One of the same name with another subnet is
 * replaced as long as nothing uses it. @throws RuntimeError (the engine's reason, as when the subnet overlaps another).
 */
export async function ensureNetwork(docker: DockerClient, settings: NetworkSettings): Promise<void> {
  const present = await inspect(docker, networkName(settings));
  if (present?.IPAM?.Config?.some((range) => range.Subnet === settings.podCidr)) return;
  if (present) {
    if (present.Labels?.[instanceLabel] !== settings.name) {
      throw new RuntimeError(
        "Conflict",
        `the Docker network ${networkName(settings)} exists and is not Skiff's: remove it, or choose another --name`,
      );
    }
    await docked(docker.getNetwork(present.Id).remove());
  }
  // Docker does not know the addresses that Pods have; what users connect gets one that no Pod is given.
  const range = {
    Subnet: settings.podCidr,
    Gateway: podGateway(settings),
    IPRange: formatCidr(rangeOfOthers(settings)),
  };
  await docked(
    docker.createNetwork({
      Name: networkName(settings),
      Driver: "bridge",
      CheckDuplicate: true,
      IPAM: { Driver: "default", Config: [range] },
      Options: { "com.docker.network.bridge.name": bridgeName(settings) },
      Labels: { [instanceLabel]: settings.name, [serviceCidrLabel]: settings.serviceCidr },
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
