/** The directory of an instance and those above it, made for a start and taken back when the start fails. */
import { mkdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import type { InstancePaths } from "../machinery/instance-paths.ts";

/** Makes the directory for `start`. Where that fails, the directories that had to be made go again, unless they are in use. */
export async function withDataDirectory<T>({ dataDir }: InstancePaths, start: () => Promise<T>): Promise<T> {
  const topmost = mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    return await start();
  } catch (error) {
    if (topmost !== undefined) removeEmpty(dataDir, topmost);
    throw error;
  }
}

function removeEmpty(directory: string, topmost: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST") return;
    // The daemon has removed its own already.
    if (code !== "ENOENT") throw error;
  }
  if (directory !== topmost) removeEmpty(dirname(directory), topmost);
}
