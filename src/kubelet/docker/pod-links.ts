/**
 * Links of Pods to their bridge, made by Skiff itself (docs/adr/0012-links-of-pods.md): a pair of interfaces (veth(4)) per
 * Pod, of which one becomes `eth0` in the Pod's network namespace and the other a port of the bridge. The kernel removes
 * both when the namespace goes.
 */
import { access, readFile } from "node:fs/promises";
import { parseCidr, parseIpv4 } from "../../machinery/cidr.ts";
import { RuntimeError } from "../../machinery/container-runtime.ts";
import { parseIpv6Cidr } from "../../machinery/ipv6.ts";
import { bridgeName, podGateway, podGatewayIpv6, podIpv6 } from "../../machinery/network-names.ts";
import { CommandError, runCommand } from "../../machinery/run-command.ts";
import type { NetworkSettings } from "./network.ts";

/** The host's end: `skiff` and the address in hexadecimal, so that the kernel itself lets nobody have an address twice. */
export function linkName(address: string): string {
  return `skiff${hexadecimal(address)}`;
}

/** Follows from the address, as Docker's does: neighbours that remember it are right about the next Pod there too. */
export function macAddress(address: string): string {
  return `02:42:${hexadecimal(address).match(/../g)?.join(":")}`;
}

/** Whether this process may change other processes' network namespaces: it takes root (CAP_SYS_ADMIN, setns(2)). */
export async function mayPlug(): Promise<boolean> {
  try {
    await runCommand("nsenter", ["--net=/proc/self/ns/net", "ip", "-V"]);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** Whether a Pod with the address is on the bridge. */
export async function isPlugged(address: string): Promise<boolean> {
  return exists(`/sys/class/net/${linkName(address)}/master`);
}

/**
 * Puts a network namespace on the bridge unless it is there; takes about 5 ms.
 * @param pid a process in that namespace.
 * @throws RuntimeError with what the kernel said.
 */
export async function plugUnlessPlugged(settings: NetworkSettings, address: string, pid: number): Promise<void> {
  if (await isPlugged(address)) return;
  const bridge = bridgeName(settings);
  const link = linkName(address);
  const { prefix } = parseCidr(settings.podCidr);
  try {
    const mtu = (await readFile(`/sys/class/net/${bridge}/mtu`, "utf8")).trim();
    // Left by a process that died half-way, or by a bridge that was removed.
    if (await exists(`/sys/class/net/${link}`)) await runCommand("ip", ["link", "delete", link]);
    const inside = [
      `link add eth0 mtu ${mtu} address ${macAddress(address)} type veth peer name ${link} mtu ${mtu} netns ${process.pid}`,
      `addr add ${address}/${prefix} brd + dev eth0`,
      "link set eth0 up",
      `route add default via ${podGateway(settings)}`,
      ...ipv6Commands(settings, address),
    ];
    // A Pod may call itself through a Service: hairpin. The bridge comes last, since `isPlugged` goes by it.
    const outside = [
      `link set ${link} up`,
      `link set ${link} master ${bridge}`,
      `link set ${link} type bridge_slave hairpin on`,
    ];
    await runCommand("nsenter", [`--net=/proc/${pid}/ns/net`, "ip", "-batch", "-"], `${inside.join("\n")}\n`);
    await runCommand("ip", ["-batch", "-"], `${outside.join("\n")}\n`);
  } catch (error) {
    throw new RuntimeError("Other", `cannot put the Pod on the bridge ${bridge}: ${(error as Error).message}`);
  }
}

/** Nobody else can have the address, so nobody is asked whether he has (`nodad`): that would take a second. */
function ipv6Commands(settings: NetworkSettings, address: string): string[] {
  const second = podIpv6(settings, address);
  if (!settings.ipv6 || second === undefined) return [];
  const { prefix } = parseIpv6Cidr(settings.ipv6.podCidr);
  return [
    `addr add ${second}/${prefix} dev eth0 nodad`,
    `route add ::/0 via ${podGatewayIpv6(settings.ipv6)} dev eth0`,
  ];
}

function hexadecimal(address: string): string {
  return (parseIpv4(address) ?? 0).toString(16).padStart(8, "0");
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
