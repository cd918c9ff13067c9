/**
 * Files that a reader sees all old or all new: they lie in a directory of their own, `..data` is a symbolic link to it, and
 * the names a reader opens are links through `..data`. An update writes a new directory and renames a new link over the
 * old one. The files are few and small, and made for every Pod: written synchronously they take less time than thirty waits
 * for the thread pool do while other Pods are being started. Containers and libraries know this layout. Rule: https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically
 */
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
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

function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function holds(directory: string, files: Files): boolean {
  const target = unlessMissing(() => readlinkSync(join(directory, dataLink)));
  if (target === undefined) return false;
  const present = readdirSync(join(directory, target), { recursive: true, withFileTypes: true });
  if (present.filter((entry) => entry.isFile()).length !== files.size) return false;
  for (const [path, { content }] of files) {
    const existing = unlessMissing(() => readFileSync(join(directory, target, path)));
    if (!existing?.equals(content)) return false;
  }
  return true;
}

/**
 * Makes the directory hold exactly these files.
 * @param gid group that owns them and may read them; undefined: as the process has it.
 * @returns false when it held them already.
 */
export function writeAtomically(directory: string, files: Files, gid: number | undefined, now: number): boolean {
  if (holds(directory, files)) return false;
  const old = unlessMissing(() => readlinkSync(join(directory, dataLink)));
  const fresh = mkdtempSync(join(directory, prefixAt(now)));
  chmodSync(fresh, 0o755);
  if (gid !== undefined) lchownSync(fresh, -1, gid);
  for (const [path, { content, mode }] of files) {
    const file = join(fresh, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, content);
    if (gid !== undefined) lchownSync(file, -1, gid);
    chmodSync(file, gid === undefined ? mode : mode | 0o440);
  }
  const temporary = join(directory, "..data_tmp");
  rmSync(temporary, { force: true });
  symlinkSync(basename(fresh), temporary);
  renameSync(temporary, join(directory, dataLink));
  linkNames(directory, files);
  if (old !== undefined) rmSync(join(directory, old), { recursive: true, force: true });
  return true;
}

/** The first parts of all paths become links; links whose file is gone are taken away. */
function linkNames(directory: string, files: Files): void {
  const names = new Set([...files.keys()].map((path) => path.split("/")[0] as string));
  const present = new Set(readdirSync(directory).filter((name) => !name.startsWith("..")));
  for (const name of names) {
    if (!present.has(name)) symlinkSync(join(dataLink, name), join(directory, name));
  }
  for (const name of present) {
    if (!names.has(name)) rmSync(join(directory, name), { recursive: true, force: true });
  }
}
