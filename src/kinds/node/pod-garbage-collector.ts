/**
 * Pods of a node that is gone are deleted: nobody else would ever tell of them again.
 * Rule: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection
 */
import { type Client, modify } from "../../machinery/client.ts";
import { timestamp } from "../../machinery/clock.ts";
import {
  type ControllerContext,
  type ControllerDefinition,
  type Requeue,
  watching,
} from "../../machinery/controller.ts";
import { keyOf, type ObjectKey, type Stored } from "../../machinery/object.ts";
import { nodes, pods } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Pod } from "../../machinery/types.ts";
import { isTerminal } from "../pod/condition.ts";

/** How long a node may be away before its Pods go: Kubernetes' quarantine, in which a kubelet may make its Node again. */
const quarantineMs = 40_000;

/** Since when a Pod is known to have no node, in ms since the epoch. It begins anew when the process does, as in Kubernetes. */
interface Orphan {
  uid: string;
  since: number;
}

/** By `namespace/name`. */
const orphans = new WeakMap<Client, Map<string, Orphan>>();

function orphansOf(client: Client): Map<string, Orphan> {
  const known = orphans.get(client) ?? new Map<string, Orphan>();
  orphans.set(client, known);
  return known;
}

export const podGarbageCollector: ControllerDefinition = {
  name: "pod-garbage-collector",
  watches: [
    watching(pods, ({ type, object, previous }) =>
      type !== "DELETED" && object.spec?.nodeName !== previous?.spec?.nodeName ? [keyOf(object)] : [],
    ),
    watching(nodes, ({ type, object }, client) =>
      type === "MODIFIED"
        ? []
        : client
            .list(pods)
            .filter(({ spec }) => spec?.nodeName === object.metadata.name)
            .map(keyOf),
    ),
  ],
  reconcile,
};

async function reconcile(key: ObjectKey, { client, clock }: ControllerContext): Promise<Requeue | void> {
  const pod = client.get(pods, key);
  const known = orphansOf(client);
  const name = `${key.namespace}/${key.name}`;
  const orphan = known.get(name);
  known.delete(name);
  if (!pod?.spec?.nodeName || client.get(nodes, { name: pod.spec.nodeName })) return;
  const { uid } = pod.metadata;
  const since = orphan?.uid === uid ? orphan.since : clock.now();
  const left = since + quarantineMs - clock.now();
  if (left > 0) {
    known.set(name, { uid, since });
    return { requeueAfterMs: left };
  }
  await markFailed(client, key, uid, clock.now());
  try {
    await client.delete(pods, key, { gracePeriodSeconds: 0, preconditions: { uid } });
  } catch (error) {
    if (!StatusError.is(error, "NotFound") && !StatusError.is(error, "Conflict")) throw error;
  }
}

/** Tells whoever watches why the Pod goes. */
async function markFailed(client: Client, key: ObjectKey, uid: string, now: number): Promise<void> {
  const change = (draft: Stored<Pod>): boolean => {
    if (draft.metadata.uid !== uid || isTerminal(draft)) return false;
    const others = draft.status?.conditions?.filter(({ type }) => type !== "DisruptionTarget") ?? [];
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByPodGC",
      message: "PodGC: node no longer exists",
      lastTransitionTime: timestamp(now),
    };
    draft.status = { ...draft.status, phase: "Failed", conditions: [...others, condition] };
    return true;
  };
  await modify(client, pods, key, change, { subresource: "status" });
}
