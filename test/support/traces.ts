/** What an instance has left on the host, wherever it may leave something. */
import { existsSync, readFileSync } from "node:fs";
import { bridgeName, networkName, tableName } from "../../src/machinery/network-names.ts";
import { instanceLabel } from "../../src/machinery/settings.ts";
import { run, type SkiffInstance } from "./skiff.ts";

/** Lines of a command's output that contain one of the words. @throws when the command fails. */
async function lines(command: string, args: readonly string[], ...words: string[]): Promise<string[]> {
  const { code, stdout, all } = await run(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${all}`);
  return stdout
    .split("\n")
    .filter((line) => line !== "" && (words.length === 0 || words.some((w) => line.includes(w))));
}

/**
 * One line for each container, network, volume, image, nft table, route, interface, firewall rule, file and kubeconfig
 * entry of the instance.
 * @param serviceCidr of the instance, where it is known: its routes need not name the bridge.
 */
export async function tracesOf(instance: SkiffInstance, serviceCidr?: string): Promise<string[]> {
  const label = ["--filter", `label=${instanceLabel}=${instance.name}`];
  const bridge = bridgeName(instance);
  const routes = serviceCidr === undefined ? [bridge] : [bridge, `local ${dnsOf(serviceCidr)} `, serviceCidr];
  const found = await Promise.all([
    lines("docker", ["ps", "-aq", ...label]),
    lines("docker", ["volume", "ls", "-q", ...label]),
    lines("docker", ["network", "ls", "--format", "network {{.Name}}"], `network ${networkName(instance)}`),
    lines("docker", ["images", "--format", "image {{.Repository}}:{{.Tag}}"], `:${instance.name}`),
    lines("nft", ["list", "tables"], tableName(instance)),
    lines("ip", ["-4", "route", "show", "table", "all"], ...routes),
    lines("ip", ["-o", "link"], bridge),
    lines("iptables", ["-w", "-S"], bridge),
    lines("iptables", ["-w", "-t", "nat", "-S"], bridge),
  ]);
  const file = instance.env["KUBECONFIG"] ?? "";
  const merged = existsSync(file) && readFileSync(file, "utf8").includes(`skiff-${instance.name}`);
  return [
    ...found.flat(),
    ...(existsSync(instance.dataDir) ? [instance.dataDir] : []),
    ...(merged ? [`${file}: skiff-${instance.name}`] : []),
  ];
}

function dnsOf(serviceCidr: string): string {
  return serviceCidr.replace(/\.0\/\d+$/, ".10");
}
