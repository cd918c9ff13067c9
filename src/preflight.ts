/** Before anything is made: what runs on this machine, and what the instance will run with. */

import { chooseSettings, nodeName, type TakenRange } from "./instance/choose-settings.ts";
import { hostAddress, hostIpv6Address, ipv6Lacking, routes } from "./instance/host-networks.ts";
import { choosePort } from "./instance/ports.ts";
import { asRoot, rightsLacking } from "./instance/rights.ts";
import { hasSctp } from "./instance/sctp.ts";
import { readSettings, writeSettings } from "./instance/settings-file.ts";
import { type EngineFacts, engineFacts, engineRanges, ownBridge } from "./kubelet/docker/host-facts.ts";
import { type DaemonOptions, UserError } from "./machinery/daemon.ts";
import { foreignDirectory, type InstancePaths } from "./machinery/instance-paths.ts";
import type { ClusterSettings, Ipv6Settings, ProxyMode } from "./machinery/settings.ts";
import { probeNftables } from "./proxy/index.ts";

export interface ChosenInstance {
  settings: ClusterSettings;
  engine: EngineFacts;
  /** Why `auto` did not become nftables. */
  proxyModeReason?: string;
}

/** @throws UserError: a sentence with the cause and the remedy. Nothing has been made then. */
export async function chooseInstance(options: DaemonOptions, paths: InstancePaths): Promise<ChosenInstance> {
  const kept = readSettings(paths.settings);
  const foreign = foreignDirectory(paths.dataDir, kept?.name, options.name);
  if (foreign) throw new UserError(foreign);
  const isDual = kept ? kept.ipv6 !== undefined : (options.podCidr?.includes(":") ?? false);
  const [engine, taken, nodeAddress, nftablesReason, sctp] = await Promise.all([
    reachEngine(),
    kept ? [] : takenRanges(options),
    hostAddress(),
    options.proxyMode === "userspace" ? undefined : probeNftables(isDual ? ["ip", "ip6"] : ["ip"]),
    hasSctp(),
  ]);
  if (options.proxyMode === "nftables" && nftablesReason) {
    throw new UserError(
      `nftables cannot be used: ${nftablesReason}. Run skiff as root with nftables installed, or leave --proxy-mode out`,
    );
  }
  const proxyMode: ProxyMode = options.proxyMode === "userspace" || nftablesReason ? "userspace" : "nftables";
  const lacking = rightsLacking();
  if (lacking) throw new UserError(`${lacking}. ${asRoot}`);
  const wanted = chooseSettings(options, kept, taken);
  const second = wanted.ipv6 && (await ipv6Of(wanted.ipv6, kept === undefined));
  const chosen = { ...wanted, port: await choosePort(wanted.port, options.port !== undefined) };
  const node = nodeName(kept);
  writeSettings(paths.settings, { ...chosen, name: options.name, nodeName: node });
  return {
    engine,
    ...(nftablesReason && { proxyModeReason: nftablesReason }),
    settings: {
      name: options.name,
      dataDir: paths.dataDir,
      nodeName: node,
      nodeAddress,
      apiPort: chosen.port,
      podCidr: chosen.podCidr,
      serviceCidr: chosen.serviceCidr,
      ...(second && { ipv6: second }),
      nodePortRange: chosen.nodePortRange,
      clusterDomain: "cluster.local",
      proxyMode,
      sctp,
    },
  };
}

/** @param isNew not yet bound to its ranges. @throws UserError when this host has no IPv6. */
async function ipv6Of(ranges: Ipv6Settings, isNew: boolean): Promise<Ipv6Settings> {
  const lacking = ipv6Lacking();
  const remedy = isNew ? ". Give IPv4 ranges only, or see to it that the host has IPv6" : "";
  if (lacking) throw new UserError(`A dual-stack cluster cannot be had: ${lacking}${remedy}`);
  const nodeAddress = await hostIpv6Address();
  return { ...ranges, ...(nodeAddress !== undefined && { nodeAddress }) };
}

/** @throws UserError when no engine answers. */
export async function reachEngine(): Promise<EngineFacts> {
  try {
    return await engineFacts();
  } catch (error) {
    if (/\bEACCES\b/.test((error as Error).message)) {
      throw new UserError(`Your user may not use the Docker Engine (${(error as Error).message}). ${asRoot}`);
    }
    const where = process.env["DOCKER_HOST"] ? `at DOCKER_HOST=${process.env["DOCKER_HOST"]}` : "on this machine";
    throw new UserError(
      `No Docker Engine answers ${where} (${(error as Error).message}). Start Docker, or install it (https://docs.docker.com/engine/install/), and check: docker version`,
    );
  }
}

/** Ranges that others use: routes and Docker networks, without the instance's own leftovers. */
export async function takenRanges({
  name,
  podCidr,
  serviceCidr,
}: Pick<DaemonOptions, "name" | "podCidr" | "serviceCidr">): Promise<TakenRange[]> {
  const own = ownBridge(name);
  const isDual = [podCidr, serviceCidr].some((given) => given?.includes(":"));
  const [host, engine] = await Promise.all([routes(isDual ? ["IPv4", "IPv6"] : ["IPv4"]), engineRanges(name)]);
  const named = new Set(engine.map(({ cidr }) => cidr));
  // A Docker network shows as a route too; its name says more.
  return [...engine, ...host.filter(({ dev, cidr }) => dev !== own && !named.has(cidr))];
}
