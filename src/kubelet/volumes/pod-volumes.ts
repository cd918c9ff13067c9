/** Makes the volumes of one Pod and keeps those made of API objects as these are. */
import { chmod, chown, lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../machinery/clock.ts";
import type { ContainerRuntime } from "../../machinery/container-runtime.ts";
import { quantityValue } from "../../machinery/quantity.ts";
import type { Volume } from "../../machinery/types.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import type { PodDirectory } from "./pod-directory.ts";
import { type ProjectionContext, projectedVolumeFiles, VolumeError } from "./projection.ts";

/** Where a volume is to be found by the engine. */
export interface MadeVolume {
  type: "path" | "volume";
  source: string;
}

/** A volume of a Pod that could not be made, with the volume's name. */
export class MountError extends Error {
  readonly volume: string;

  constructor(volume: string, cause: Error) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${cause.message}`);
    this.volume = volume;
  }
}

const directoryTypes = {
  configMap: "configmap",
  secret: "secret",
  downwardAPI: "downward-api",
  projected: "projected",
};

/** Name of the engine's volume behind an `emptyDir` in memory. */
export function memoryVolumeName(podUid: string, volume: string): string {
  return `skiff-${podUid}-${volume}`;
}

export function memoryVolumes(volumes: readonly Volume[] | undefined): Volume[] {
  return (volumes ?? []).filter(({ emptyDir }) => emptyDir?.medium === "Memory");
}

/** The one field of a volume, besides its name, that says what it is. */
function sourceType(volume: Volume): string {
  return Object.keys(volume).find((key) => key !== "name") ?? "emptyDir";
}

/** Gives a tree to a group, as `fsGroup` asks: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ */
async function giveToGroup(path: string, gid: number): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return;
  await chown(path, -1, gid);
  await chmod(path, found.isDirectory() ? (found.mode & 0o7777) | 0o2770 : (found.mode & 0o7777) | 0o660);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await giveToGroup(join(path, name), gid);
}

/**
 * Makes all of the Pod's volumes; those that are there are brought up to date.
 * @returns where each is, by name. @throws MountError for the first that cannot be made; others were made.
 */
export async function makeVolumes(
  directory: PodDirectory,
  context: ProjectionContext,
  runtime: Pick<ContainerRuntime, "createMemoryVolume">,
  clock: Clock,
): Promise<Map<string, MadeVolume>> {
  const { pod } = context;
  const gid = pod.spec?.securityContext?.fsGroup;
  const made = new Map<string, MadeVolume>();
  let failure: MountError | undefined;
  for (const volume of pod.spec?.volumes ?? []) {
    try {
      made.set(volume.name, await makeVolume(volume, directory, context, runtime, gid, clock));
    } catch (error) {
      failure ??= new MountError(volume.name, error instanceof Error ? error : new Error(String(error)));
    }
  }
  if (failure) throw failure;
  return made;
}

async function makeVolume(
  volume: Volume,
  directory: PodDirectory,
  context: ProjectionContext,
  runtime: Pick<ContainerRuntime, "createMemoryVolume">,
  gid: number | undefined,
  clock: Clock,
): Promise<MadeVolume> {
  const { name, emptyDir, hostPath } = volume;
  if (hostPath) {
    await prepareHostPath(hostPath.path, hostPath.type ?? "");
    return { type: "path", source: hostPath.path };
  }
  if (emptyDir?.medium === "Memory") {
    const source = memoryVolumeName(context.pod.metadata.uid, name);
    const sizeBytes = emptyDir.sizeLimit === undefined ? undefined : quantityValue(emptyDir.sizeLimit);
    await runtime.createMemoryVolume(source, { ...(sizeBytes && { sizeBytes }), ...(gid !== undefined && { gid }) });
    return { type: "volume", source };
  }
  const type = sourceType(volume);
  if (type === "emptyDir")
    return { type: "path", source: await makeEmptyDir(directory.volume("empty-dir", name), gid) };
  const folder = directoryTypes[type as keyof typeof directoryTypes];
  if (folder === undefined) throw new VolumeError(`volumes of type ${type} are not supported`);
  const files = await projectedVolumeFiles(volume, context);
  const path = directory.volume(folder, name);
  await mkdir(path, { recursive: true, mode: 0o755 });
  writeAtomically(path, files ?? new Map(), gid, clock.now());
  return { type: "path", source: path };
}

async function makeEmptyDir(path: string, gid: number | undefined): Promise<string> {
  const created = await mkdir(path, { recursive: true });
  // Once made it belongs to the Pod: what its containers did to it must stay.
  if (created === undefined) return path;
  await chmod(path, 0o777);
  if (gid !== undefined) await giveToGroup(path, gid);
  return path;
}
