/** For `skiff reset`: works whether or not a daemon runs. */
import { tableName } from "../machinery/network-names.ts";
import { CommandError, runCommand } from "../machinery/run-command.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import { forgetServiceFlows } from "./conntrack.ts";
import { familiesOf, removeHostNetwork } from "./host-network.ts";
import { removeScript } from "./nft-script.ts";

/**
 * Removes the instance's rules, routes, firewall exceptions and what the kernel remembers of its connections, whichever of
 * them are there.
 * @throws CommandError when rules exist that may not be removed.
 */
export async function cleanUpProxy(settings: Pick<ClusterSettings, "name" | "serviceCidr" | "ipv6">): Promise<void> {
  await removeHostNetwork(settings);
  try {
    await runCommand("nft", ["-f", "-"], removeScript(tableName(settings), familiesOf(settings)));
  } catch (error) {
    // Where there is no nft there are no rules of ours.
    if (error instanceof CommandError && error.message.endsWith("not installed")) return;
    throw error;
  }
  // What cannot be forgotten now the kernel forgets by itself.
  await forgetServiceFlows(settings.serviceCidr).catch(() => {});
  if (settings.ipv6) await forgetServiceFlows(settings.ipv6.serviceCidr).catch(() => {});
}
