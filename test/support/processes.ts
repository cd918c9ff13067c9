/** Processes, ended and waited for. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
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

/** Kills the daemon of a `skiff up` that is under way as soon as it has made a file of that name. */
export async function killStarting(instance: SkiffInstance, file: string): Promise<void> {
  const path = join(instance.dataDir, file);
  const deadline = Date.now() + 20_000;
  // The whole start takes half a second: this has to be quick.
  while (!existsSync(path)) {
    if (Date.now() > deadline) throw new Error(`${path} was not made within 20 s`);
    await wait(2);
  }
  const { pid } = JSON.parse(readFileSync(join(instance.dataDir, "skiff.pid"), "utf8")) as { pid: number };
  process.kill(pid, "SIGKILL");
}
