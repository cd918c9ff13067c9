/** `skiff down` and `skiff reset`. */
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { UserError } from "../machinery/daemon.ts";
import { ask } from "./admin-client.ts";
import { loadDaemon } from "./daemon-module.ts";
import { type InstanceOptions, nameFlag, pathsOf } from "./instance-options.ts";
import { changeKubeconfigs, kubeconfigPlaces } from "./kubeconfig-file.ts";
import { removeFromKubeconfig } from "./kubeconfig-merge.ts";
import { runningStatus } from "./running-status.ts";

/** Longest a daemon may take to stop: Pods' grace periods and a little. */
const longestStopMs = 120_000;

export async function down(options: InstanceOptions & { keepPods?: boolean }): Promise<number> {
  const stopped = await stopDaemon(options, options.keepPods ?? false);
  if (!stopped) console.log(`Skiff "${options.name}" is not running.`);
  else
    console.log(
      `Skiff "${options.name}" is stopped; ${options.keepPods ? "its Pods go on running" : "its Pods are stopped"}. ` +
        `Everything comes back with: skiff up${nameFlag(options)}`,
    );
  return 0;
}

export async function reset(options: InstanceOptions & { yes?: boolean }): Promise<number> {
  const paths = pathsOf(options);
  if (!options.yes) {
    throw new UserError(
      `This removes every object, container, network, volume and file of "${options.name}" (${paths.dataDir}). If that is what you want: skiff reset --yes${nameFlag(options)}`,
    );
  }
  await stopDaemon(options, true);
  const removed = await (await loadDaemon()).reset({ name: options.name, dataDir: paths.dataDir });
  const troubles = changeKubeconfigs(kubeconfigPlaces(), (text) =>
    text === "" ? text : removeFromKubeconfig(text, `skiff-${options.name}`),
  );
  for (const trouble of troubles) console.error(trouble);
  for (const line of removed) console.log(line);
  console.log(`Nothing of Skiff "${options.name}" is left.`);
  return 0;
}

/** @returns false when none was running. */
async function stopDaemon(options: InstanceOptions, keepPods: boolean): Promise<boolean> {
  const paths = pathsOf(options);
  const status = await runningStatus(options);
  if (!status) return false;
  const { pid } = status;
  await ask(paths.socket, "POST", `/skiff/shutdown?keepPods=${keepPods}`);
  const deadline = Date.now() + longestStopMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline)
      throw new UserError(`The daemon (pid ${pid}) has not stopped within two minutes; its log is ${paths.log}`);
    await wait(20);
  }
  return true;
}

/** A process that has ended, and whose parent has not noticed yet, still has a number. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
