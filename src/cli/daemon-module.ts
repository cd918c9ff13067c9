/** Finds the daemon's bundle beside the command line's own, and loads it only where a command needs it. */
import { fileURLToPath } from "node:url";
import type { DaemonModule } from "../machinery/daemon.ts";

/** Path of the script that `skiff up` runs in the background. */
export function daemonScript(): string {
  return fileURLToPath(new URL("./daemon.js", import.meta.url));
}

export async function loadDaemon(): Promise<DaemonModule> {
  return (await import(new URL("./daemon-module.js", import.meta.url).href)) as DaemonModule;
}
