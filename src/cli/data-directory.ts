/** The directory of an instance and those above it, made for a start and taken back when the start fails. */
import { existsSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../machinery/daemon.ts";
import type { InstancePaths } from "../machinery/instance-paths.ts";

/** Bytes that the path of a unix socket may have on Linux, without the zero at its end: unix(7). */
const longestSocketPath = 107;

/**
 * Makes the directory for `start`. Where that fails, the directories that had to be made go again, unless they are in use.
 * @throws UserError when there can be no such directory.
 */
export async function withDataDirectory<T>({ dataDir, socket }: InstancePaths, start: () => Promise<T>): Promise<T> {
  if (Buffer.byteLength(socket) > longestSocketPath) {
    const limit = longestSocketPath - (Buffer.byteLength(socket) - Buffer.byteLength(dataDir));
    throw new UserError(`${dataDir} is too long a path for a data directory: give one of at most ${limit} bytes`);
  }
  const topmost = makeDirectory(dataDir);
  try {
    return await start();
  } catch (error) {
    if (topmost !== undefined) removeEmpty(dataDir, topmost);
    throw error;
  }
}

/** @returns the topmost directory that had to be made; undefined when all were there. */
function makeDirectory(dataDir: string): string | undefined {
  const missing: string[] = [];
  for (let path = dataDir; !existsSync(path); path = dirname(path)) missing.unshift(path);
  try {
    // One by one: Node's own `recursive` never ends where the kernel lets nobody make directories, as in /proc.
    for (const path of [...missing.slice(0, -1), dataDir]) makeOne(path);
    return missing[0];
  } catch (error) {
    throw new UserError(`Cannot make the data directory: ${(error as Error).message}. Give another with --data-dir`);
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // It was there, or another start was quicker.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !statSync(path).isDirectory()) throw error;
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
