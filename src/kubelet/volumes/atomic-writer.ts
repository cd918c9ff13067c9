/**
 * Files that a reader sees all old or all new: they lie in a directory of their own, `..data` is a symbolic link to it, and
 * the names a reader opens are links through `..data`. An update writes a new directory and renames a new link over the
 * old one. Containers and libraries know this layout. Rule: https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically
 */
import {
  chmod,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface FileContent {
  content: Buffer;
  /** Permission bits. */
  mode: number;
}

/** Path within the volume → content. Paths are relative and have no `..`. */
export type Files = ReadonlyMap<string, FileContent>;

const dataLink = "..data";

/** A name for a directory of data, in the form of the time: `..2026_01_31_12_00_00.abcdef`. */
function prefixAt(now: number): string {
  return `..${new Date(now).toISOString().slice(0, 19).replace(/[-T:]/g, "_")}.`;
}

async function holds(directory: string, files: Files): Promise<boolean> {
  const target = await readlink(join(directory, dataLink)).catch(() => undefined);
  if (target === undefined) return false;
  const present = await readdir(join(directory, target), { recursive: true, withFileTypes: true });
  if (present.filter((entry) => entry.isFile()).length !== files.size) return false;
  for (const [path, { content }] of files) {
    const existing = await readFile(join(directory, target, path)).catch(() => undefined);
    if (!existing?.equals(content)) return false;
  }
  return true;
}

/**
 * Makes the directory hold exactly these files.
 * @param gid group that owns them and may read them; undefined: as the process has it.
 * @returns false when it held them already.
 */
export async function writeAtomically(directory: string, files: Files, gid: number | undefined, now: number) {
  if (await holds(directory, files)) return false;
  const old = await readlink(join(directory, dataLink)).catch(() => undefined);
  const fresh = await mkdtemp(join(directory, prefixAt(now)));
  await chmod(fresh, 0o755);
  if (gid !== undefined) await lchown(fresh, -1, gid);
  for (const [path, { content, mode }] of files) {
    const file = join(fresh, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, content);
    if (gid !== undefined) await lchown(file, -1, gid);
    await chmod(file, gid === undefined ? mode : mode | 0o440);
  }
  const temporary = join(directory, "..data_tmp");
  await rm(temporary, { force: true });
  await symlink(basename(fresh), temporary);
  await rename(temporary, join(directory, dataLink));
  await linkNames(directory, files);
  if (old !== undefined) await rm(join(directory, old), { recursive: true, force: true });
  return true;
}

/** The first parts of all paths become links; links whose file is gone are taken away. */
async function linkNames(directory: string, files: Files): Promise<void> {
  const names = new Set([...files.keys()].map((path) => path.split("/")[0] as string));
  const present = new Set((await readdir(directory)).filter((name) => !name.startsWith("..")));
  for (const name of names) {
    if (!present.has(name)) await symlink(join(dataLink, name), join(directory, name));
  }
  for (const name of present) {
    if (!names.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
}
