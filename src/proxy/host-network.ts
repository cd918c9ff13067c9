/**
 * What Services need of the host besides rules: kernel switches, routes, and a way past Docker's firewall.
 * Everything here may be done again at any time, and is undone by {@link removeHostNetwork}.
 */
import { access, readFile, writeFile } from "node:fs/promises";
import type { Logger } from "../machinery/log.ts";
import { bridgeName, dnsAddress, tableName } from "../machinery/network-names.ts";
import { CommandError, runCommand } from "../machinery/run-command.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import { removeScript } from "./nft-script.ts";

type NetworkSettings = Pick<ClusterSettings, "name" | "serviceCidr" | "proxyMode">;

/**
 * Prepares the host. A step that fails is logged with its consequence and does not keep the others from being done.
 * @returns false when the Pods' bridge is not there yet, so that the rest must be done later.
 */
export async function setUpHostNetwork(settings: NetworkSettings, log: Logger): Promise<boolean> {
  const bridge = bridgeName(settings);
  const attempt = async (consequence: string, step: () => Promise<unknown>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      log.warn({ err: error }, consequence);
    }
  };
  await attempt("Pods may not reach other networks: IP forwarding is off", () => setSysctl("net/ipv4/ip_forward", "1"));
  await attempt("the DNS address does not reach this host", () => routeToHost(`${dnsAddress(settings)}/32`));
  if (settings.proxyMode === "userspace") {
    // What an earlier run in the other mode left would catch connections before this process sees them.
    await ignoreFailure(runCommand("nft", ["-f", "-"], removeScript(tableName(settings))));
    await ignoreFailure(runCommand("ip", ["route", "del", settings.serviceCidr, "dev", bridge]));
    await attempt("cluster IPs do not reach this host", () => routeToHost(settings.serviceCidr));
    return true;
  }
  await attempt("Pods may not reach Services: bridged packets pass the rules by", enableBridgeNetfilter);
  if (!(await exists(`/sys/class/net/${bridge}`))) return false;
  // The source address of the host's own connections becomes the bridge's, and no cluster IP ever leaves by the uplink.
  await attempt("cluster IPs have no route from this host", async () => {
    await removeRouteToHost(settings.serviceCidr);
    await runCommand("ip", ["route", "replace", settings.serviceCidr, "dev", bridge]);
  });
  await attempt("NodePorts do not answer on 127.0.0.1", () => setSysctl(`net/ipv4/conf/${bridge}/route_localnet`, "1"));
  await attempt("other hosts may not reach NodePorts: Docker's firewall drops them", () => letTranslatedPass(bridge));
  return true;
}

/** Takes back routes and firewall rules. Switches stay: others may have come to depend on them. */
export async function removeHostNetwork(settings: Pick<ClusterSettings, "name" | "serviceCidr">): Promise<void> {
  const bridge = bridgeName(settings);
  await removeRouteToHost(`${dnsAddress(settings)}/32`);
  await removeRouteToHost(settings.serviceCidr);
  await ignoreFailure(runCommand("ip", ["route", "del", settings.serviceCidr, "dev", bridge]));
  for (const rule of translatedRules(bridge)) {
    await ignoreFailure(runCommand("iptables", ["-w", "-D", "DOCKER-USER", ...rule]));
  }
}

/** "AnyIP": every address of the network counts as the host's own, without being configured on an interface. */
async function routeToHost(network: string): Promise<void> {
  await runCommand("ip", ["route", "replace", "local", network, "dev", "lo"]);
}

async function removeRouteToHost(network: string): Promise<void> {
  await ignoreFailure(runCommand("ip", ["route", "del", "local", network, "dev", "lo"]));
}

/** Docker drops what is forwarded into its bridges; connections that the rules translated may pass, and their answers. */
function translatedRules(bridge: string): string[][] {
  const accept = ["-m", "conntrack", "--ctstate", "DNAT", "-j", "ACCEPT"];
  return [
    ["-o", bridge, ...accept],
    ["-i", bridge, ...accept],
  ];
}

async function letTranslatedPass(bridge: string): Promise<void> {
  for (const rule of translatedRules(bridge)) {
    const present = await succeeds(runCommand("iptables", ["-w", "-C", "DOCKER-USER", ...rule]));
    if (!present) await runCommand("iptables", ["-w", "-I", "DOCKER-USER", ...rule]);
  }
}

async function enableBridgeNetfilter(): Promise<void> {
  const name = "net/bridge/bridge-nf-call-iptables";
  if (!(await exists(`/proc/sys/${name}`))) await runCommand("modprobe", ["br_netfilter"]);
  await setSysctl(name, "1");
}

/** Writes only what differs: in a container /proc/sys may be read-only, and right already. */
async function setSysctl(name: string, value: string): Promise<void> {
  const file = `/proc/sys/${name}`;
  if ((await readFile(file, "utf8")).trim() !== value) await writeFile(file, value);
}

async function exists(file: string): Promise<boolean> {
  return succeeds(access(file));
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

/** For taking back what may not be there. */
async function ignoreFailure(command: Promise<string>): Promise<void> {
  await command.catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
  });
}
