/** Docker volumes that live in memory: `emptyDir` with `medium: Memory`. */
import { RuntimeError } from "../../machinery/container-runtime.ts";
import { instanceLabel } from "../../machinery/settings.ts";
import { type DockerClient, docked } from "./client.ts";

export interface MemoryVolumeOptions {
  /** Most that it may hold; half of the host's memory if absent. */
  sizeBytes?: number;
  /** Group that owns it. */
  gid?: number;
}

/** @throws RuntimeError */
export async function createMemoryVolume(
  docker: DockerClient,
  instance: string,
  name: string,
  { sizeBytes, gid }: MemoryVolumeOptions,
): Promise<void> {
  const mountOptions = [
    "mode=0777",
    ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
    ...(gid === undefined ? [] : [`gid=${gid}`]),
  ];
  await docked(
    docker.createVolume({
      Name: name,
      Driver: "local",
      DriverOpts: { type: "tmpfs", device: "tmpfs", o: mountOptions.join(",") },
      Labels: { [instanceLabel]: instance },
    }),
  );
}

/** Succeeds when there is none. @throws RuntimeError */
export async function removeVolume(docker: DockerClient, name: string): Promise<void> {
  try {
    await docked(docker.getVolume(name).remove());
  } catch (error) {
    if (!RuntimeError.is(error, "NotFound")) throw error;
  }
}
