/** The mounts of one container, with `subPath`. */
import { mkdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Mount } from "../../machinery/container-runtime.ts";
import type { Container } from "../../machinery/types.ts";
import { ConfigError } from "../env.ts";
import { expand } from "../expand.ts";
import type { MadeVolume } from "./pod-volumes.ts";

const propagations = { None: "rprivate", HostToContainer: "rslave", Bidirectional: "rshared" } as const;

/**
 * @param env the container's environment, for `subPathExpr`.
 * @throws ConfigError when a subPath leads out of its volume or a volume has none.
 */
export async function containerMounts(
  container: Container,
  volumes: ReadonlyMap<string, MadeVolume>,
  env: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const { name, mountPath, readOnly, subPath, subPathExpr, mountPropagation } of container.volumeMounts ?? []) {
    const volume = volumes.get(name);
    if (!volume) throw new ConfigError(`cannot find volume "${name}" to mount into container "${container.name}"`);
    const within = subPathExpr ? expand(subPathExpr, (variable) => env.get(variable)) : (subPath ?? "");
    const propagation = propagations[(mountPropagation ?? "None") as keyof typeof propagations];
    mounts.push({
      type: volume.type,
      source: within === "" ? volume.source : await resolveSubPath(container, name, volume, within),
      target: mountPath,
      readOnly: readOnly ?? false,
      ...(volume.type === "path" && propagation !== "rprivate" && { propagation }),
    });
  }
  return mounts;
}

/**
 * The real path of a part of a volume, made as a directory where nothing is there. Links are followed now, and only within
 * the volume: a container that may write to it could otherwise point one at any file of the host.
 */
async function resolveSubPath(
  container: Container,
  name: string,
  volume: MadeVolume,
  subPath: string,
): Promise<string> {
  const failure = `failed to prepare subPath for volumeMount "${name}" of container "${container.name}"`;
  if (volume.type !== "path" || subPath.split("/").includes("..")) throw new ConfigError(failure);
  const root = await realpath(volume.source);
  const path = join(root, subPath);
  if (!(await stat(path).catch(() => undefined))) {
    await mkdir(path, { recursive: true, mode: 0o755 }).catch(() => {
      throw new ConfigError(failure);
    });
  }
  const real = await realpath(path);
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) throw new ConfigError(failure);
  return real;
}
