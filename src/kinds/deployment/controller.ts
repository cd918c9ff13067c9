/** https://kubernetes.io/docs/concepts/workloads/controllers/deployment/ */
import { claim } from "../../machinery/claim.ts";
import type { Client, WatchEvent } from "../../machinery/client.ts";
import {
  type ControllerContext,
  type ControllerDefinition,
  type Requeue,
  watching,
} from "../../machinery/controller.ts";
import { equal } from "../../machinery/equal.ts";
import { controllerOf, keyOf, type ObjectKey, type Stored } from "../../machinery/object.ts";
import { deployments, pods, replicaSets } from "../../machinery/resource.ts";
import { matches, selectorFromObject } from "../../machinery/selector.ts";
import type { Deployment, OwnerReference, Pod, ReplicaSet } from "../../machinery/types.ts";
import { isTerminal } from "../pod/condition.ts";
import { Rollout } from "./rollout.ts";

export const deploymentController: ControllerDefinition = {
  name: "deployment-controller",
  watches: [
    watching(deployments, ({ object }) => [keyOf(object)]),
    watching(replicaSets, deploymentsOfSet),
    watching(pods, deploymentsOfEndedPod),
  ],
  reconcile,
};

async function reconcile(key: ObjectKey, context: ControllerContext): Promise<Requeue | void> {
  const deployment = context.client.get(deployments, key);
  if (!deployment) return;
  const { namespace = "" } = deployment.metadata;
  const candidates = context.client.list(replicaSets, { namespace });
  const sets = await claim(context.client, replicaSets, deployment, candidates, (set) => selects(deployment, set));
  return new Rollout(deployment, sets, context).advance();
}

function selects(deployment: Deployment, set: Stored<ReplicaSet>): boolean {
  return matches(selectorFromObject(deployment.spec?.selector ?? {}), set.metadata.labels);
}

function deploymentsOfSet({ type, object, previous }: WatchEvent<ReplicaSet>, client: Client): string[] {
  const owner = controllerOf(object);
  const before = previous && controllerOf(previous);
  const keys = [owner, before].flatMap((reference) => deploymentKey(object, reference));
  const settled = previous && equal(previous.metadata.labels, object.metadata.labels) && before?.uid === owner?.uid;
  if (owner || type === "DELETED" || settled) return keys;
  const { namespace = "" } = object.metadata;
  const adopters = client.list(deployments, { namespace }).filter((deployment) => selects(deployment, object));
  return [...keys, ...adopters.map(keyOf)];
}

/** With the strategy `Recreate` new Pods wait for the end of old ones. */
function deploymentsOfEndedPod({ type, object }: WatchEvent<Pod>, client: Client): string[] {
  if (type !== "DELETED" && !isTerminal(object)) return [];
  const owner = controllerOf(object);
  if (owner?.kind !== replicaSets.kind) return [];
  const { namespace = "" } = object.metadata;
  const set = client.get(replicaSets, { namespace, name: owner.name });
  return set ? deploymentKey(set, controllerOf(set)) : [];
}

function deploymentKey(set: Stored<ReplicaSet>, reference: OwnerReference | undefined): string[] {
  return reference?.kind === deployments.kind ? [`${set.metadata.namespace}/${reference.name}`] : [];
}
