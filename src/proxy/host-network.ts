/**
 * What Services need of the host besides rules: kernel switches, routes, and a way past Docker's firewall.
 * Everything here may be done again at any time, and is undone by {@link removeHostNetwork}.
 */
import { access, readdir, readFile, writeFile } from "node:fs/promises";
import type { Logger } from "../machinery/log.ts";
import { bridgeName, dnsAddress, podGatewayIpv6, tableName } from "../machinery/network-names.ts";
import { CommandError, runCommand } from "../machinery/run-command.ts";
import type { ClusterSettings, Ipv6Settings } from "../machinery/settings.ts";
import type { NftFamily } from "./nft-elements.ts";
import { removeScript } from "./nft-script.ts";

type NetworkSettings = Pick<ClusterSettings, "name" | "serviceCidr" | "proxyMode" | "ipv6">;

/** nft's names of the families that the cluster has. */
export function familiesOf({ ipv6 }: Pick<ClusterSettings, "ipv6">): NftFamily[] {
  return ipv6 ? ["ip", "ip6"] : ["ip"];
}

/**
 * Prepares the host. A step that fails is logged with its consequence and does not keep the others from being done.
 * @returns false when the Pods' bridge is not there yet, so that the rest must be done later.
 */
export async function setUpHostNetwork(settings: NetworkSettings, log: Logger): Promise<boolean> {
  const bridge = bridgeName(settings);
  const { ipv6 } = settings;
  const attempt: Attempt = async (consequence, step) => {
    try {
      await step();
    } catch (error) {
      log.warn({ err: error }, consequence);
    }
  };
  await attempt("Pods may not reach other networks: IP forwarding is off", () => setSysctl("net/ipv4/ip_forward", "1"));
  if (ipv6) {
    await attempt("Pods may not reach other networks by IPv6: forwarding is off", enableIpv6Forwarding);
    await attempt("the host does not reach Pods by IPv6 at once", () => takeGateway(ipv6, bridge));
  }
  await attempt("the DNS address does not reach this host", () => routeToHost(`${dnsAddress(settings)}/32`));
  if (settings.proxyMode === "userspace") {
    // What an earlier run in the other mode left would catch connections before this process sees them.
    await ignoreFailure(runCommand("nft", ["-f", "-"], removeScript(tableName(settings), familiesOf(settings))));
    await ignoreFailure(runCommand("ip", ["route", "del", settings.serviceCidr, "dev", bridge]));
    await attempt("cluster IPs do not reach this host", () => routeToHost(settings.serviceCidr));
    if (ipv6) await setUpIpv6Userspace(ipv6.serviceCidr, bridge, attempt);
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
  await attempt("other hosts may not reach NodePorts: Docker's firewall drops them", () =>
    letTranslatedPass("iptables", bridge),
  );
  if (ipv6) await setUpIpv6Rules(ipv6, bridge, attempt);
  return true;
}

/** Takes back routes and firewall rules. Switches stay: others may have come to depend on them. */
export async function removeHostNetwork(
  settings: Pick<ClusterSettings, "name" | "serviceCidr" | "ipv6">,
): Promise<void> {
  const bridge = bridgeName(settings);
  await removeRouteToHost(`${dnsAddress(settings)}/32`);
  await removeRouteToHost(settings.serviceCidr);
  await ignoreFailure(runCommand("ip", ["route", "del", settings.serviceCidr, "dev", bridge]));
  for (const rule of translatedRules(bridge)) {
    await ignoreFailure(runCommand("iptables", ["-w", "-D", "DOCKER-USER", ...rule]));
    if (settings.ipv6) await ignoreFailure(runCommand("ip6tables", ["-w", "-D", "DOCKER-USER", ...rule]));
  }
  if (!settings.ipv6) return;
  await removeRouteToHost(settings.ipv6.serviceCidr);
  await ignoreFailure(runCommand("ip", ["-6", "route", "del", settings.ipv6.serviceCidr, "dev", bridge]));
}

/** Does a step; one that fails is logged with its consequence. */
type Attempt = (consequence: string, step: () => Promise<unknown>) => Promise<void>;

/**
 * A host that forwards takes no notice of router advertisements, from which it may have its own default route: where they
 * counted, they are to count all the same. Before the Pods' network is made, since Docker switches forwarding on with it.
 * Rule: https://docs.kernel.org/networking/ip-sysctl.html (`accept_ra`)
 */
export async function enableIpv6Forwarding(): Promise<void> {
  const folder = "/proc/sys/net/ipv6/conf";
  if ((await readFile(`${folder}/all/forwarding`, "utf8")).trim() === "1") return;
  for (const name of await readdir(folder)) {
    const file = `${folder}/${name}/accept_ra`;
    const value = await readFile(file, "utf8").catch(() => "");
    if (name !== "all" && value.trim() === "1") await writeFile(file, "2");
  }
  await setSysctl("net/ipv6/conf/all/forwarding", "1");
}

/** IPv6 knows "AnyIP" too, but sockets may only be bound to such addresses where that is allowed. */
async function setUpIpv6Userspace(serviceCidr: string, bridge: string, attempt: Attempt): Promise<void> {
  await ignoreFailure(runCommand("ip", ["-6", "route", "del", serviceCidr, "dev", bridge]));
  await attempt("IPv6 cluster IPs do not reach this host", () => routeToHost(serviceCidr));
  await attempt("IPv6 cluster IPs do not answer", () => setSysctl("net/ipv6/ip_nonlocal_bind", "1"));
}

/**
 * Docker's address of the bridge is of no use until the first Pod is there, and the kernel has then asked for a second whether
 * somebody else has it.
 */
async function takeGateway({ podCidr }: Ipv6Settings, bridge: string): Promise<void> {
  const address = podGatewayIpv6({ podCidr });
  const gateway = `${address}/${podCidr.split("/")[1]}`;
  if (!(await exists(`/sys/class/net/${bridge}`)) || !(await isTentative(bridge, address))) return;
  await ignoreFailure(runCommand("ip", ["addr", "del", gateway, "dev", bridge]));
  await runCommand("ip", ["addr", "add", gateway, "dev", bridge, "nodad"]);
}

async function setUpIpv6Rules({ serviceCidr }: Ipv6Settings, bridge: string, attempt: Attempt): Promise<void> {
  await attempt("Pods may not reach Services by IPv6: bridged packets pass the rules by", () =>
    setSysctl("net/bridge/bridge-nf-call-ip6tables", "1"),
  );
  await attempt("IPv6 cluster IPs have no route from this host", async () => {
    await removeRouteToHost(serviceCidr);
    await runCommand("ip", ["-6", "route", "replace", serviceCidr, "dev", bridge]);
  });
  // Docker before 27 has no such firewall for IPv6.
  if (!(await succeeds(runCommand("ip6tables", ["-w", "-S", "DOCKER-USER"])))) return;
  await attempt("other hosts may not reach IPv6 NodePorts: Docker's firewall drops them", () =>
    letTranslatedPass("ip6tables", bridge),
  );
}

/** Whether the interface has the address, and may not use it yet. */
async function isTentative(bridge: string, address: string): Promise<boolean> {
  const [shown] = JSON.parse(await runCommand("ip", ["-6", "-j", "addr", "show", "dev", bridge])) as {
    addr_info: { local?: string; tentative?: boolean }[];
  }[];
  return shown?.addr_info.some(({ local, tentative }) => local === address && tentative === true) ?? false;
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

async function letTranslatedPass(command: "iptables" | "ip6tables", bridge: string): Promise<void> {
  for (const rule of translatedRules(bridge)) {
    const present = await succeeds(runCommand(command, ["-w", "-C", "DOCKER-USER", ...rule]));
    if (!present) await runCommand(command, ["-w", "-I", "DOCKER-USER", ...rule]);
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
