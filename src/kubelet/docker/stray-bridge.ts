/**
 * The bridge of an instance without its Docker network. The engine leaves one behind when it cannot finish making the
 * network, takes it for the user's own when it makes the network anew, and then never removes it.
 */
import { access } from "node:fs/promises";
import { bridgeName } from "../../machinery/network-names.ts";
import { runCommand } from "../../machinery/run-command.ts";
import { type DockerClient, docked } from "./client.ts";

/** @returns the name of the bridge, if there is one that no Docker network has. */
export async function strayBridge(docker: DockerClient, instance: { name: string }): Promise<string | undefined> {
  const bridge = bridgeName(instance);
  try {
    await access(`/sys/class/net/${bridge}/bridge`);
  } catch {
    return undefined;
  }
  const networks = await docked(docker.listNetworks());
  const isHeld = networks.some(({ Options }) => Options?.["com.docker.network.bridge.name"] === bridge);
  return isHeld ? undefined : bridge;
}

/** @throws CommandError with what the kernel said. */
export async function removeBridge(bridge: string): Promise<void> {
  await runCommand("ip", ["link", "delete", bridge, "type", "bridge"]);
}
