/** Takes away all that carries an instance's label: what `skiff reset` does to the engine. */
import { instanceLabel } from "../../machinery/settings.ts";
import { type DockerClient, docked, toRuntimeError } from "./client.ts";

/** @returns what was removed, a line each: `container k8s_POD_web_default_…`. */
export async function removeEverything(docker: DockerClient, instance: string): Promise<string[]> {
  const removed: string[] = [];
  const filters = { label: [`${instanceLabel}=${instance}`] };
  const remove = async (what: string, call: Promise<unknown>) => {
    try {
      await call;
      removed.push(what);
    } catch (error) {
      const known = toRuntimeError(error);
      if (known.kind !== "NotFound") throw known;
    }
  };
  // Containers before what they use.
  const containers = await docked(docker.listContainers({ all: true, filters }));
  for (const { Id, Names } of containers) {
    const name = Names[0]?.replace(/^\//, "") ?? Id;
    await remove(`container ${name}`, docker.getContainer(Id).remove({ force: true, v: true }));
  }
  const { Volumes: volumes } = await docked(docker.listVolumes({ filters }));
  for (const { Name } of volumes ?? []) await remove(`volume ${Name}`, docker.getVolume(Name).remove());
  for (const { Id, Name } of await docked(docker.listNetworks({ filters }))) {
    await remove(`network ${Name}`, docker.getNetwork(Id).remove());
  }
  for (const { Id, RepoTags } of await docked(docker.listImages({ filters: JSON.stringify(filters) }))) {
    await remove(`image ${RepoTags?.[0] ?? Id}`, docker.getImage(Id).remove({ force: true }));
  }
  return removed;
}
