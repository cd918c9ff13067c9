/**
 * Deletes the Pods that a node's `NoExecute` taints drive away, at once or when their tolerations end.
 * Rule: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
import type { Client } from "../../machinery/client.ts";
import {
  type ControllerContext,
  type ControllerDefinition,
  type Requeue,
  watching,
} from "../../machinery/controller.ts";
import { keyOf, type ObjectKey } from "../../machinery/object.ts";
import { nodes, pods } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { type Taint, toleratedSeconds } from "../../machinery/taints.ts";
import type { Node } from "../../machinery/types.ts";

/** Since when a Pod's time runs, in ms since the epoch. It begins anew when the process does, as in Kubernetes. */
interface Wait {
  uid: string;
  since: number;
}

/** By `namespace/name`. */
const waits = new WeakMap<Client, Map<string, Wait>>();

function waitsOf(client: Client): Map<string, Wait> {
  const known = waits.get(client) ?? new Map<string, Wait>();
  waits.set(client, known);
  return known;
}

function evicting(node: Node | undefined): Taint[] {
  return node?.spec?.taints?.filter(({ effect }) => effect === "NoExecute") ?? [];
}

export const taintEviction: ControllerDefinition = {
  name: "taint-eviction-controller",
  watches: [
    watching(pods, ({ object }) => (object.spec?.nodeName ? [keyOf(object)] : [])),
    watching(nodes, ({ object }, client) => {
      const concerned = evicting(object).length > 0 || waitsOf(client).size > 0;
      if (!concerned) return [];
      return client
        .list(pods)
        .filter(({ spec }) => spec?.nodeName === object.metadata.name)
        .map(keyOf);
    }),
  ],
  reconcile,
};

async function reconcile(key: ObjectKey, { client, clock, events }: ControllerContext): Promise<Requeue | void> {
  const pod = client.get(pods, key);
  const known = waitsOf(client);
  const name = `${key.namespace}/${key.name}`;
  const wait = known.get(name);
  known.delete(name);
  if (!pod?.spec?.nodeName || pod.metadata.deletionTimestamp) return;
  const { uid } = pod.metadata;
  const taints = evicting(client.get(nodes, { name: pod.spec.nodeName }));
  const seconds = toleratedSeconds(pod.spec.tolerations ?? [], taints);
  if (seconds === Number.POSITIVE_INFINITY) {
    if (wait) events.record(pod, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${name}`);
    return;
  }
  const since = wait?.uid === uid ? wait.since : clock.now();
  const left = since + seconds * 1000 - clock.now();
  if (left > 0) {
    known.set(name, { uid, since });
    return { requeueAfterMs: left };
  }
  events.record(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${name}`);
  try {
    await client.delete(pods, key, { preconditions: { uid } });
  } catch (error) {
    if (!StatusError.is(error, "NotFound") && !StatusError.is(error, "Conflict")) throw error;
  }
}
