/** Takes away all that carries an instance's label: what `skiff reset` does to the engine. */
import { RuntimeError } from "../../machinery/container-runtime.ts";
import { instanceLabel } from "../../machinery/settings.ts";
import { type DockerClient, docked, toRuntimeError } from "./client.ts";
import { Limiter } from "./limiter.ts";
import { removeBridge, strayBridge } from "./stray-bridge.ts";

/** Removals at once: more end no sooner. */
const concurrency = 4;

/**
 * Removes as much as it can.
 * @returns what was removed, a line each: `container k8s_POD_web_default_…`.
 * @throws RuntimeError that names what the engine would not remove, when all the rest is gone.
 */
export async function removeEverything(docker: DockerClient, instance: string): Promise<string[]> {
  const removed: string[] = [];
  const left: string[] = [];
  const filters = { label: [`${instanceLabel}=${instance}`] };
  const limiter = new Limiter(concurrency);
  const remove = (what: string, call: () => Promise<unknown>) =>
    limiter.run(async () => {
      try {
        await call();
        removed.push(what);
      } catch (error) {
        const known = toRuntimeError(error);
        if (known.kind === "Unavailable") throw known;
        if (known.kind !== "NotFound") left.push(`${what} (${known.message})`);
      }
    });
  // Containers before what they use.
  const containers = await docked(docker.listContainers({ all: true, filters }));
  await Promise.all(
    containers.map(({ Id, Names }) => {
      const name = Names[0]?.replace(/^\//, "") ?? Id;
      return remove(`container ${name}`, () => docker.getContainer(Id).remove({ force: true, v: true }));
    }),
  );
  const { Volumes: volumes } = await docked(docker.listVolumes({ filters }));
  for (const { Name } of volumes ?? []) await remove(`volume ${Name}`, () => docker.getVolume(Name).remove());
  for (const { Id, Name } of await docked(docker.listNetworks({ filters }))) {
    await remove(`network ${Name}`, () => docker.getNetwork(Id).remove());
  }
  const stray = await strayBridge(docker, { name: instance });
  if (stray !== undefined) await remove(`bridge ${stray}`, () => removeBridge(stray));
  for (const { Id, RepoTags } of await docked(docker.listImages({ filters: JSON.stringify(filters) }))) {
    await remove(`image ${RepoTags?.[0] ?? Id}`, () => docker.getImage(Id).remove({ force: true }));
  }
  if (left.length > 0) throw new RuntimeError("Other", `the Docker Engine could not remove ${left.join(", ")}`);
  return removed;
}
