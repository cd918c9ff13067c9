/** Ends and removes what runs for a Pod. */
import { rm } from "node:fs/promises";
import { containerLabels, type RuntimeContainer, RuntimeError } from "../machinery/container-runtime.ts";
import type { Stored } from "../machinery/object.ts";
import { services } from "../machinery/resource.ts";
import type { Container, Pod } from "../machinery/types.ts";
import type { KubeletParts } from "./parts.ts";
import { allOf, currentOf, isRunning, type PodView } from "./pod-view.ts";
import { isSidecar } from "./sidecar.ts";
import type { PodDirectory } from "./volumes/pod-directory.ts";
import { memoryVolumeName, memoryVolumes } from "./volumes/pod-volumes.ts";

export interface RunningContainer {
  container: Container;
  instance: RuntimeContainer;
}

/**
 * The containers that are to end now: the Pod's own (and init containers that are not done) at once; when none of them
 * runs any more the sidecars, one after the other in reverse order.
 * Rule: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#termination
 */
export function endingNow(pod: Pod, view: PodView): RunningContainer[] {
  const running = (container: Container): RunningContainer[] => {
    const instance = currentOf(view, container.name);
    return instance && isRunning(instance) ? [{ container, instance }] : [];
  };
  const init = pod.spec?.initContainers ?? [];
  const own = [...init.filter((container) => !isSidecar(container)), ...(pod.spec?.containers ?? [])].flatMap(running);
  if (own.length > 0) return own;
  return init.filter(isSidecar).flatMap(running).slice(-1);
}

/** Whether a Service still sends new connections to the Pod. */
export function receivesTraffic(
  { client, traffic }: Pick<KubeletParts, "client" | "traffic">,
  pod: Stored<Pod>,
): boolean {
  const namespace = pod.metadata.namespace ?? "";
  return client
    .list(services, { namespace })
    .some((service) => traffic.podsInForce(namespace, service.metadata.name)?.has(pod.metadata.uid));
}

/** Whether the Pod stands behind a Service that the proxy serves: it may have had connections a moment ago. */
export function isServed({ client, traffic }: Pick<KubeletParts, "client" | "traffic">, pod: Stored<Pod>): boolean {
  const namespace = pod.metadata.namespace ?? "";
  return client.list(services, { namespace }).some(({ metadata, spec }) => {
    const selector = Object.entries(spec?.selector ?? {});
    if (selector.length === 0 || traffic.podsInForce(namespace, metadata.name) === undefined) return false;
    return selector.every(([key, value]) => pod.metadata.labels?.[key] === value);
  });
}

/** Removes the Pod's sandboxes and gives their addresses back. */
export async function removeSandboxes(
  { runtime, addresses }: Pick<KubeletParts, "runtime" | "addresses">,
  sandboxes: readonly RuntimeContainer[],
): Promise<void> {
  await Promise.all(
    sandboxes.map(async (sandbox) => {
      await runtime.remove(sandbox.id);
      const address = sandbox.labels[containerLabels.podIp];
      if (address !== undefined) addresses.release(address);
    }),
  );
}

/** Removes everything of a Pod from the engine and from disk, whether or not its object is still known. */
export async function removePod(
  parts: Pick<KubeletParts, "runtime" | "addresses">,
  pod: Stored<Pod> | undefined,
  view: PodView,
  directory: PodDirectory,
): Promise<void> {
  const containers = allOf(view).filter((container) => !view.sandboxes.includes(container));
  const volumes = new Set([
    ...view.sandboxes.flatMap(({ labels }) => labels[containerLabels.memoryVolumes]?.split(",") ?? []),
    ...memoryVolumes(pod?.spec?.volumes).map(({ name }) => memoryVolumeName(pod?.metadata.uid ?? "", name)),
  ]);
  await Promise.all([...containers.map(({ id }) => parts.runtime.remove(id)), removeSandboxes(parts, view.sandboxes)]);
  for (const volume of volumes) await parts.runtime.removeVolume(volume);
  await rm(directory.root, { recursive: true, force: true });
}

/**
 * Whether the engine could not remove what has ended. One that was killed may have lost track of a container's file
 * system ("device or resource busy"): that can last, and nobody need wait for it.
 * @param remains what was to be removed, as it is now.
 */
export function isOnlyRemains(error: unknown, remains: readonly RuntimeContainer[]): boolean {
  return RuntimeError.is(error, "Other") && !remains.some(isRunning);
}

/** Seconds a container has to end by itself; a probe that had it ended may have a period of its own. */
export function gracePeriod(pod: Pod, container: Container, probe?: "liveness" | "startup"): number {
  const own = probe === "liveness" ? container.livenessProbe : probe && container.startupProbe;
  return own?.terminationGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}
