/** `hostPath` volumes: checks what is there. Rule: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath-volume-types */
import type { Stats } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import { onHost } from "../../machinery/host-root.ts";
import { VolumeError } from "./projection.ts";

const checks: Readonly<Record<string, { holds: (found: Stats) => boolean; noun: string }>> = {
  Directory: { holds: (found) => found.isDirectory(), noun: "a directory" },
  DirectoryOrCreate: { holds: (found) => found.isDirectory(), noun: "a directory" },
  File: { holds: (found) => found.isFile(), noun: "a file" },
  FileOrCreate: { holds: (found) => found.isFile(), noun: "a file" },
  Socket: { holds: (found) => found.isSocket(), noun: "a socket" },
  CharDevice: { holds: (found) => found.isCharacterDevice(), noun: "a character device" },
  BlockDevice: { holds: (found) => found.isBlockDevice(), noun: "a block device" },
};

/** Makes sure the path is what its type says, creating it where the type says so. @throws VolumeError */
export async function prepareHostPath(path: string, type: string): Promise<void> {
  const seen = await onHost(path);
  const found = await stat(seen).catch(() => undefined);
  if (!found && type === "FileOrCreate") {
    const file = await open(seen, "a", 0o644);
    return file.close();
  }
  // Without a type nothing is checked, and the engine of old made the directory itself.
  if (!found && (type === "" || type === "DirectoryOrCreate")) {
    await mkdir(seen, { recursive: true, mode: 0o755 });
    return;
  }
  const check = checks[type];
  if (!check) return;
  if (!found || !check.holds(found)) throw new VolumeError(`hostPath type check failed: ${path} is not ${check.noun}`);
}
