/** Which workloads a Pod concerns: a controller's `keys` for its watch of Pods. */
import type { Client, WatchEvent } from "../../machinery/client.ts";
import { equal } from "../../machinery/equal.ts";
import { controllerOf, type KubeObject, keyOf, type Stored } from "../../machinery/object.ts";
import { apiVersionOf, pods, type Resource } from "../../machinery/resource.ts";
import type { OwnerReference, Pod } from "../../machinery/types.ts";

/**
 * The key of the workload that manages the Pod now or did before; of a Pod that nobody manages, the keys of those that
 * could adopt it.
 */
export function workloadsOf<T extends KubeObject>(
  resource: Resource<T>,
  wouldAdopt: (owner: Stored<T>, pod: Stored<Pod>) => boolean,
): (event: WatchEvent<Pod>, client: Client) => string[] {
  return ({ type, object, previous }, client) => {
    const owner = controllerOf(object);
    const before = previous && controllerOf(previous);
    const keys = [owner, before].flatMap((reference) => ownKey(resource, object, reference));
    const settled = previous && equal(previous.metadata.labels, object.metadata.labels) && before?.uid === owner?.uid;
    if (owner || type === "DELETED" || settled) return [...new Set(keys)];
    const { namespace } = object.metadata;
    const adopters = client.list(resource, { ...(namespace && { namespace }) });
    return [...keys, ...adopters.filter((adopter) => wouldAdopt(adopter, object)).map(keyOf)];
  };
}

/** Keys of the workloads that manage the Pods with these UIDs, for changes of traffic. */
export function workloadsWithTraffic(resource: Resource): (uids: ReadonlySet<string>, client: Client) => string[] {
  return (uids, client) =>
    client
      .list(pods)
      .filter((pod) => uids.has(pod.metadata.uid))
      .flatMap((pod) => ownKey(resource, pod, controllerOf(pod)));
}

function ownKey(resource: Resource, pod: Stored<Pod>, reference: OwnerReference | undefined): string[] {
  if (reference?.kind !== resource.kind || reference.apiVersion !== apiVersionOf(resource)) return [];
  return [`${pod.metadata.namespace}/${reference.name}`];
}
