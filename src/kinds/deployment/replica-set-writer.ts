/** The writes that a Deployment makes to its ReplicaSets, with the Events that tell of them. */
import { modify } from "../../machinery/client.ts";
import type { ControllerContext } from "../../machinery/controller.ts";
import { equal } from "../../machinery/equal.ts";
import { controllerOf, type ObjectKey, type Stored } from "../../machinery/object.ts";
import { replicaSets } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";
import { newSetAnnotations, sizeAnnotations } from "./annotations.ts";
import { hasTemplate, newReplicaSet } from "./revisions.ts";
import { desired, limits } from "./sizes.ts";

type OwnedSet = Stored<ReplicaSet>;

/**
 * @returns the ReplicaSet for the present template, whether made just now (`made`) or by a round that was cut off; or
 * `collision` where another template's ReplicaSet has the name.
 */
export async function createSet(
  deployment: Stored<Deployment>,
  replicas: number,
  revision: number,
  { client, events }: ControllerContext,
): Promise<{ set: OwnedSet; made: boolean } | "collision"> {
  const wanted = newReplicaSet(deployment, replicas, revision);
  try {
    const set = await client.create(replicaSets, wanted);
    if (replicas > 0) events.record(deployment, "Normal", "ScalingReplicaSet", scaledMessage(set, 0, replicas));
    return { set, made: true };
  } catch (error) {
    if (!StatusError.is(error, "AlreadyExists")) throw error;
    const { namespace = "", name = "" } = wanted.metadata ?? {};
    const present = client.get(replicaSets, { namespace, name });
    if (!present) throw error;
    const ours = controllerOf(present)?.uid === deployment.metadata.uid && hasTemplate(present, deployment);
    return ours ? { set: present, made: false } : "collision";
  }
}

/** Brings the newest ReplicaSet's annotations and `minReadySeconds` up to date. */
export async function refreshNewSet(
  deployment: Stored<Deployment>,
  set: OwnedSet,
  revision: number,
  { client }: ControllerContext,
): Promise<OwnedSet> {
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  const update = (draft: OwnedSet): boolean => {
    const annotations = newSetAnnotations(deployment, draft.metadata.annotations, revision);
    const same = equal(draft.metadata.annotations ?? {}, annotations);
    if (same && (draft.spec?.minReadySeconds ?? 0) === minReadySeconds) return false;
    draft.metadata.annotations = annotations;
    if (draft.spec) draft.spec.minReadySeconds = minReadySeconds;
    return true;
  };
  return (await modify(client, replicaSets, keyIn(set), update)) ?? set;
}

/** Sets the ReplicaSet's size, and its note of the Deployment's. @returns it as it is now. */
export async function scaleSet(
  deployment: Stored<Deployment>,
  set: OwnedSet,
  to: number,
  { client, events }: ControllerContext,
): Promise<OwnedSet> {
  let from = to;
  const update = (draft: OwnedSet): boolean => {
    from = desired(draft);
    const sizes = sizeAnnotations(desired(deployment), desired(deployment) + limits(deployment).maxSurge);
    const annotations = { ...draft.metadata.annotations, ...sizes };
    if (!draft.spec || (from === to && equal(draft.metadata.annotations, annotations))) return false;
    draft.metadata.annotations = annotations;
    draft.spec.replicas = to;
    return true;
  };
  const scaled = await modify(client, replicaSets, keyIn(set), update);
  if (!scaled) return set;
  if (from !== to) events.record(deployment, "Normal", "ScalingReplicaSet", scaledMessage(set, from, to));
  return scaled;
}

export async function deleteSet(set: OwnedSet, { client }: ControllerContext): Promise<void> {
  try {
    await client.delete(replicaSets, keyIn(set), { preconditions: { uid: set.metadata.uid } });
  } catch (error) {
    if (!StatusError.is(error, "NotFound")) throw error;
  }
}

function scaledMessage(set: OwnedSet, from: number, to: number): string {
  return `Scaled ${to > from ? "up" : "down"} replica set ${set.metadata.name} from ${from} to ${to}`;
}

function keyIn({ metadata }: OwnedSet): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}
