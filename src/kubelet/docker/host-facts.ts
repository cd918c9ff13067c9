/** What `skiff up` and `skiff doctor` ask of the engine before there is a cluster. */
import { bridgeName } from "../../machinery/network-names.ts";
import { instanceLabel } from "../../machinery/settings.ts";
import { connectDocker, docked } from "./client.ts";

export interface EngineFacts {
  version: string;
  apiVersion: string;
  /** `1` or `2`. */
  cgroupVersion: string;
  storageDriver: string;
}

/** Label of an instance's network that tells others its Service range, which no interface shows while it is down. */
export const serviceCidrLabel = "skiff.dev/service-cidr";
/** The same for the IPv6 range of a dual-stack instance. */
export const serviceIpv6CidrLabel = "skiff.dev/service-cidr-ipv6";

/** @throws RuntimeError when no engine answers. */
export async function engineFacts(): Promise<EngineFacts> {
  const docker = connectDocker();
  const [version, info] = await Promise.all([docked(docker.version()), docked(docker.info())]);
  return {
    version: version.Version,
    apiVersion: version.ApiVersion,
    // Engines before 20.10 know only one kind of cgroups.
    cgroupVersion: (info as { CgroupVersion?: string }).CgroupVersion ?? "1",
    storageDriver: info.Driver,
  };
}

export interface EngineRange {
  cidr: string;
  /** How to name its holder to a user. */
  by: string;
  /** Interface of the network, where the engine tells. */
  bridge?: string;
}

/** Ranges of the engine's networks, of both families, without those of the instance itself. */
export async function engineRanges(instance: string): Promise<EngineRange[]> {
  const networks = await docked(connectDocker().listNetworks());
  return networks
    .filter(({ Labels }) => Labels?.[instanceLabel] !== instance)
    .flatMap(({ Name, IPAM, Labels, Options }) => {
      const by = `the Docker network "${Name}"`;
      const bridge = Options?.["com.docker.network.bridge.name"];
      const subnets = (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
      const services = [serviceCidrLabel, serviceIpv6CidrLabel].flatMap((label) => Labels?.[label] ?? []);
      const other = Labels?.[instanceLabel];
      return [
        ...subnets.map((cidr) => ({ cidr, by, ...(bridge && { bridge }) })),
        ...services.map((cidr) => ({ cidr, by: `the Services of the Skiff instance "${other}"` })),
      ];
    });
}

/** The Service ranges that the instance's network tells of, IPv4 first; none where there is no such network. */
export async function labelledServiceCidrs(instance: string): Promise<string[]> {
  const filters = JSON.stringify({ label: [`${instanceLabel}=${instance}`] });
  const networks = await docked(connectDocker().listNetworks({ filters }));
  return [serviceCidrLabel, serviceIpv6CidrLabel].flatMap((label) =>
    networks.flatMap(({ Labels }) => Labels?.[label] ?? []).slice(0, 1),
  );
}

/** The bridge that belongs to the instance itself: its routes are no conflict. */
export function ownBridge(instance: string): string {
  return bridgeName({ name: instance });
}
