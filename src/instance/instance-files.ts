/** The files of an instance: only what Skiff itself has put into the data directory is ever removed from it. */
import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { InstancePaths } from "../machinery/instance-paths.ts";

/**
 * Removes the instance's files, and the directory if nothing else is in it.
 * @returns names of what is left in it: somebody else's.
 */
export function removeFiles(paths: InstancePaths): string[] {
  const { dataDir, ...parts } = paths;
  const own = Object.values(parts).map((path) => basename(path));
  const left: string[] = [];
  for (const name of list(dataDir)) {
    // SQLite's `-wal` and `-shm`, and what is written beside a file and moved into its place, carry its name in front.
    const ours = own.some((file) => name === file || name.startsWith(`${file}-`) || name.startsWith(`${file}.`));
    if (ours) rmSync(join(dataDir, name), { recursive: true, force: true });
    else left.push(name);
  }
  if (left.length === 0) removeEmpty(dataDir);
  return left;
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    // EBUSY: it is a mount point, as in a container.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EBUSY") throw error;
  }
}
