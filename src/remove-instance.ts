/** Takes away all that an instance has made on this host, whether or not it was stopped cleanly. */
import { existsSync } from "node:fs";
import { pino } from "pino";
import type { KeptSettings } from "./instance/choose-settings.ts";
import { removeFiles } from "./instance/instance-files.ts";
import { readSettings } from "./instance/settings-file.ts";
import { DockerRuntime } from "./kubelet/docker/docker-runtime.ts";
import { labelledServiceCidrs } from "./kubelet/docker/host-facts.ts";
import { systemClock as clock } from "./machinery/clock.ts";
import { UserError } from "./machinery/daemon.ts";
import { foreignDirectory, type InstancePaths } from "./machinery/instance-paths.ts";
import { cleanUpProxy } from "./proxy/index.ts";

/**
 * @returns what was removed, a line each.
 * @throws UserError when the directory is another instance's; RuntimeError when the engine does not answer. Nothing
 * has been removed then.
 */
export async function removeInstance(name: string, paths: InstancePaths): Promise<string[]> {
  const kept = settingsOf(paths);
  const foreign = foreignDirectory(paths.dataDir, kept?.name, name);
  if (foreign) throw new UserError(foreign);
  const labelled = kept ? [] : await labelledServiceCidrs(name);
  const [serviceCidr = kept?.serviceCidr, second = kept?.ipv6?.serviceCidr] = labelled;
  const ipv6 = second === undefined ? undefined : { podCidr: kept?.ipv6?.podCidr ?? "", serviceCidr: second };
  // Rules and routes first: they lead to what goes next.
  if (serviceCidr !== undefined) await cleanUpProxy({ name, serviceCidr, ...(ipv6 && { ipv6 }) });
  const settings = { name, podCidr: kept?.podCidr ?? "", serviceCidr: serviceCidr ?? "" };
  const runtime = new DockerRuntime({ settings, clock, log: pino({ enabled: false }) });
  const removed = await runtime.removeEverything();
  const there = existsSync(paths.dataDir);
  const left = removeFiles(paths);
  const others = left.length === 0 ? "" : ` except what is not Skiff's: ${left.join(", ")}`;
  return there ? [...removed, `directory ${paths.dataDir}${others}`] : removed;
}

/** A damaged file is removed like any other; the labels of the network tell what is needed of it. */
function settingsOf(paths: InstancePaths): KeptSettings | undefined {
  try {
    return readSettings(paths.settings);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
