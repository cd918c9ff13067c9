/** Which container of a Pod a request means: kubernetes `pkg/registry/core/pod/strategy.go`. */
import { StatusError } from "../../machinery/status-error.ts";
import type { Pod } from "../../machinery/types.ts";

/**
 * @param asked name from the query; empty or absent means the only container there is.
 * @throws StatusError BadRequest when there is none of that name, or several to choose from.
 */
export function targetContainer(pod: Pod, asked: string | null): string {
  const name = pod.metadata?.name ?? "";
  const containers = pod.spec?.containers.map((container) => container.name) ?? [];
  const init = pod.spec?.initContainers?.map((container) => container.name) ?? [];
  const ephemeral = pod.spec?.ephemeralContainers?.map((container) => container.name) ?? [];
  const all = [...containers, ...init, ...ephemeral];
  if (!asked && containers.length !== 1) {
    const hint = init.length > 0 ? ` or one of the init containers: [${init.join(" ")}]` : "";
    throw StatusError.badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${containers.join(" ")}]${hint}`,
    );
  }
  const container = asked || (containers[0] ?? "");
  if (!all.includes(container)) throw StatusError.badRequest(`container ${container} is not valid for pod ${name}`);
  return container;
}

/** @throws StatusError BadRequest for a Pod that no node has taken yet. */
export function requireHost(pod: Pod): void {
  if (!pod.spec?.nodeName) throw StatusError.badRequest(`pod ${pod.metadata?.name} does not have a host assigned`);
}
