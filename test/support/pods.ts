/** The containers of an instance as Docker itself tells of them. */
import { containerLabels } from "../../src/machinery/container-runtime.ts";
import { instanceLabel } from "../../src/machinery/settings.ts";
import { run, type SkiffInstance } from "./skiff.ts";

export interface SeenContainer {
  id: string;
  pod: string;
  podUid: string;
  /** Undefined for the sandbox. */
  container?: string;
  restartCount: number;
  state: string;
  startedAt: string;
}

interface Inspected {
  Id: string;
  State: { Status: string; StartedAt: string };
  Config: { Labels: Record<string, string> };
}

/** @param environment of the docker command: `DOCKER_HOST`, where it is another engine. */
export async function containersOf(instance: SkiffInstance): Promise<SeenContainer[]> {
  const options = { env: instance.env };
  const filter = `label=${instanceLabel}=${instance.name}`;
  const ids = (await run("docker", ["ps", "-aq", "--no-trunc", "--filter", filter], options)).stdout.split("\n");
  const present = ids.filter((id) => id !== "");
  if (present.length === 0) return [];
  // One may go between the two calls; what is left is told all the same.
  const { stdout } = await run("docker", ["inspect", ...present], options);
  return (JSON.parse(stdout) as Inspected[]).map(({ Id, State, Config: { Labels: labels } }) => ({
    id: Id,
    pod: labels[containerLabels.podName] ?? "",
    podUid: labels[containerLabels.podUid] ?? "",
    ...(labels[containerLabels.container] && { container: labels[containerLabels.container] }),
    restartCount: Number(labels[containerLabels.restartCount] ?? 0),
    state: State.Status,
    startedAt: State.StartedAt,
  }));
}

/** The identity of what runs: equal before and after means that nothing was restarted. */
export async function runningOf(instance: SkiffInstance): Promise<string[]> {
  const containers = await containersOf(instance);
  return containers
    .filter(({ state }) => state === "running")
    .map(({ id, pod, container, startedAt }) => `${pod}/${container ?? "sandbox"} ${id.slice(0, 12)} ${startedAt}`)
    .sort();
}
