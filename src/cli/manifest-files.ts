/** What `-f` names, read: a file, the manifests of a directory, or standard input. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ApplyFile } from "../machinery/apply-result.ts";
import { UserError } from "../machinery/daemon.ts";

export interface Manifests {
  files: ApplyFile[];
  /** Absolute path of the directory they are in; the working directory for standard input. */
  directory: string;
}

/**
 * @param path as given with `-f`; files keep it as their name in messages.
 * @throws UserError when there is nothing to read.
 */
export function readManifests(path: string): Manifests {
  if (path === "-") return { files: [{ name: "-", text: readFileSync(0, "utf8") }], directory: process.cwd() };
  try {
    if (!statSync(path).isDirectory()) {
      return { files: [{ name: path, text: readFileSync(path, "utf8") }], directory: resolve(dirname(path)) };
    }
    const files = readdirSync(path)
      .filter((name) => /\.(ya?ml|json)$/.test(name))
      .sort()
      .map((name) => ({ name: join(path, name), text: readFileSync(join(path, name), "utf8") }));
    if (files.length === 0) throw new UserError(`There is no *.yaml, *.yml or *.json in the directory ${path}`);
    return { files, directory: resolve(path) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new UserError(`There is no file or directory ${path}`);
    if (code === "EACCES") throw new UserError(`No permission to read ${path}`);
    throw error;
  }
}

/** Undefined when there is no such file. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
