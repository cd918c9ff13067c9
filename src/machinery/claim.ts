/** Who manages which object: by reference, adopted and released by selector. */
import { type Client, modify } from "./client.ts";
import { controllerOf, controllerReference, type KubeObject, type Stored } from "./object.ts";
import type { Resource } from "./resource.ts";

/**
 * The objects that `owner` manages. One that nobody manages and that matches is adopted; one that it manages and that
 * matches no more is released. An owner that is being deleted does neither.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions
 * @param candidates objects in the owner's namespace; others than `owner`'s and nobody's are passed over.
 */
export async function claim<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  owner: Stored<KubeObject>,
  candidates: readonly Stored<T>[],
  matches: (object: Stored<T>) => boolean,
): Promise<Stored<T>[]> {
  const dying = owner.metadata.deletionTimestamp !== undefined;
  const claimed = await Promise.all(
    candidates.map(async (object) => {
      const controller = controllerOf(object);
      if (controller && controller.uid !== owner.metadata.uid) return undefined;
      if (controller && matches(object)) return object;
      if (dying) return undefined;
      if (controller) await release(client, resource, owner, object);
      else if (!object.metadata.deletionTimestamp && matches(object)) return adopt(client, resource, owner, object);
      return undefined;
    }),
  );
  return claimed.filter((object) => object !== undefined);
}

async function adopt<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  owner: Stored<KubeObject>,
  object: Stored<T>,
): Promise<Stored<T> | undefined> {
  return modify(client, resource, keyIn(object), (draft) => {
    if (draft.metadata.uid !== object.metadata.uid || controllerOf(draft)) return false;
    draft.metadata.ownerReferences = [...(draft.metadata.ownerReferences ?? []), controllerReference(owner)];
    return true;
  });
}

async function release<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  owner: Stored<KubeObject>,
  object: Stored<T>,
): Promise<void> {
  await modify(client, resource, keyIn(object), (draft) => {
    const references = draft.metadata.ownerReferences ?? [];
    const kept = references.filter((reference) => reference.uid !== owner.metadata.uid);
    if (draft.metadata.uid !== object.metadata.uid || kept.length === references.length) return false;
    draft.metadata.ownerReferences = kept;
    return true;
  });
}

function keyIn({ metadata }: Stored<KubeObject>) {
  return { ...(metadata.namespace && { namespace: metadata.namespace }), name: metadata.name };
}
