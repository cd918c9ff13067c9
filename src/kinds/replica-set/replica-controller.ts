/**
 * Keeps a number of Pods running that match a selector: the controller of ReplicaSets and ReplicationControllers.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
 */

import { claim } from "../../machinery/claim.ts";
import { type Client, modify } from "../../machinery/client.ts";
import {
  type ControllerContext,
  type ControllerDefinition,
  type Requeue,
  watching,
} from "../../machinery/controller.ts";
import { keyOf, type ObjectKey, type Stored } from "../../machinery/object.ts";
import { pods, type Resource } from "../../machinery/resource.ts";
import { matches, type Selector } from "../../machinery/selector.ts";
import { slowStart } from "../../machinery/slow-start.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Pod } from "../../machinery/types.ts";
import { trafficIn } from "../pod/availability.ts";
import { isActive } from "../pod/condition.ts";
import { podFromTemplate } from "../pod/from-template.ts";
import { workloadsOf, workloadsWithTraffic } from "../pod/owner-keys.ts";
import { podsToDelete } from "./deletion-order.ts";
import { type ReplicaFailure, type ReplicaOwner, replicaStatus, sameStatus } from "./status.ts";

/** Pods made or deleted in one round. */
const burst = 500;

export interface ReplicaKind<T extends ReplicaOwner> {
  /** Name of the controller in Events. */
  name: string;
  resource: Resource<T>;
  selector(object: Stored<T>): Selector;
}

export function replicaController<T extends ReplicaOwner>(kind: ReplicaKind<T>): ControllerDefinition {
  const { name, resource } = kind;
  const selected = (owner: Stored<T>, pod: Stored<Pod>) => matches(kind.selector(owner), pod.metadata.labels);
  return {
    name,
    watches: [watching(resource, ({ object }) => [keyOf(object)]), watching(pods, workloadsOf(resource, selected))],
    trafficKeys: workloadsWithTraffic(resource),
    reconcile: (key, context) => reconcile(kind, key, context),
  };
}

async function reconcile<T extends ReplicaOwner>(
  kind: ReplicaKind<T>,
  key: ObjectKey,
  context: ControllerContext,
): Promise<Requeue | void> {
  const { client, clock, traffic } = context;
  const owner = client.get(kind.resource, key);
  if (!owner) return;
  const namespace = owner.metadata.namespace ?? "";
  const selector = kind.selector(owner);
  const candidates = client.list(pods, { namespace }).filter(isActive);
  const owned = await claim(client, pods, owner, candidates, (pod) => matches(selector, pod.metadata.labels));
  const failure = owner.metadata.deletionTimestamp ? undefined : await manage(owner, owned, context);
  const now = clock.now();
  const { status, recheckAfterMs } = replicaStatus(owner, owned, failure, now, trafficIn(namespace, client, traffic));
  await writeStatus(client, kind.resource, owner, status);
  if (failure) throw failure.error;
  return recheckAfterMs === undefined ? undefined : { requeueAfterMs: recheckAfterMs };
}

async function manage(
  owner: Stored<ReplicaOwner>,
  owned: readonly Stored<Pod>[],
  context: ControllerContext,
): Promise<ReplicaFailure | undefined> {
  const surplus = owned.length - (owner.spec?.replicas ?? 1);
  const reason = surplus < 0 ? "FailedCreate" : "FailedDelete";
  try {
    if (surplus < 0) await slowStart(Math.min(-surplus, burst), () => createPod(owner, context));
    if (surplus > 0) {
      const doomed = podsToDelete(owned, Math.min(surplus, burst), context.clock.now());
      await throwFirst(doomed.map((pod) => deletePod(owner, pod, context)));
    }
    return undefined;
  } catch (error) {
    return { reason, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

async function createPod(owner: Stored<ReplicaOwner>, { client, events }: ControllerContext): Promise<void> {
  try {
    const pod = await client.create(pods, podFromTemplate(owner.spec?.template, owner));
    events.record(owner, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
  } catch (error) {
    // The namespace is going, and so is the owner: no news to anybody.
    if (isNamespaceTerminating(error)) return;
    events.record(owner, "Warning", "FailedCreate", `Error creating: ${messageOf(error)}`);
    throw error;
  }
}

async function deletePod(
  owner: Stored<ReplicaOwner>,
  pod: Stored<Pod>,
  { client, events }: ControllerContext,
): Promise<void> {
  const { namespace = "", name, uid } = pod.metadata;
  try {
    await client.delete(pods, { namespace, name }, { preconditions: { uid } });
    events.record(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  } catch (error) {
    if (StatusError.is(error, "NotFound")) return;
    events.record(owner, "Warning", "FailedDelete", `Error deleting: ${messageOf(error)}`);
    throw error;
  }
}

/** Waits for all of them before it throws the first error. */
async function throwFirst(work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

async function writeStatus<T extends ReplicaOwner>(
  client: Client,
  resource: Resource<T>,
  owner: Stored<T>,
  status: NonNullable<T["status"]>,
): Promise<void> {
  if (sameStatus(owner, status)) return;
  const { namespace = "", name, uid } = owner.metadata;
  const change = (draft: Stored<T>): boolean => {
    if (draft.metadata.uid !== uid) return false;
    draft.status = status;
    return true;
  };
  await modify(client, resource, { namespace, name }, change, { subresource: "status" });
}

function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return error.details?.causes?.some((cause) => cause.reason === "NamespaceTerminating") ?? false;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
