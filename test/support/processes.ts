/** Processes, ended and waited for. */
import { readFileSync } from "node:fs";
import { eventually, type SkiffInstance } from "./skiff.ts";

/** A zombie is not alive: it only waits to be counted. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z";
  } catch {
    return false;
  }
}

/** `kill -9`: the daemon gets no chance to tidy up. */
export async function killDaemon(instance: SkiffInstance): Promise<void> {
  const { pid } = await instance.status();
  process.kill(pid, "SIGKILL");
  await eventually(() => (isAlive(pid) ? undefined : true), "the daemon is gone");
}
