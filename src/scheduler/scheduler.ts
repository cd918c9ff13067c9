/** Assigns Pods to the one node, and says why not where it cannot. */
import { type Client, modify } from "../machinery/client.ts";
import { type Clock, timestamp } from "../machinery/clock.ts";
import type { EventRecorder } from "../machinery/event-recorder.ts";
import type { Logger } from "../machinery/log.ts";
import { keyOf, parseKey, type Stored } from "../machinery/object.ts";
import { namespaces, nodes, pods } from "../machinery/resource.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { Node, Pod, PodCondition } from "../machinery/types.ts";
import { WorkQueue } from "../machinery/work-queue.ts";
import { misfit, unschedulableMessage } from "./fit.ts";

export interface SchedulerOptions {
  client: Client;
  /** Records as `default-scheduler`. */
  events: EventRecorder;
  clock: Clock;
  log: Logger;
  /** Creates the Pod's `binding` to the node. @throws StatusError NotFound, Conflict (assigned already). */
  bind: (namespace: string, name: string, uid: string, node: string) => Promise<void>;
}

const schedulerName = "default-scheduler";

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue: WorkQueue;
  /** Pods whose binding is being written, so that the next Pod sees their requests. By UID. */
  readonly #assumed = new Map<string, Stored<Pod>>();
  /** Keys of Pods that did not fit: a change of the node, or a Pod that goes, may let them in. */
  readonly #unfit = new Set<string>();
  readonly #watches: Disposable[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock);
    this.#queue.onReady = () => this.#drain();
  }

  start(): void {
    const { client } = this.#options;
    this.#watches.push(
      client.watch(nodes, () => this.#retryUnfit()),
      client.watch(pods, ({ type, object, previous }) => {
        if (isPending(object) && type !== "DELETED") this.#queue.add(keyOf(object));
        else if (type === "DELETED" || (hasEnded(object) && previous && !hasEnded(previous))) this.#retryUnfit();
        // Somebody's affinity may have waited for this very Pod.
        else if (previous && isPending(previous)) this.#retryUnfit();
      }),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#queue.clear();
    await Promise.all(this.#underWay);
  }

  #retryUnfit(): void {
    for (const key of this.#unfit) this.#queue.add(key);
  }

  /** The decision is made at once; only writing it takes time, and many are written together. */
  #drain(): void {
    for (let key = this.#queue.take(); key !== undefined && !this.#stopped; key = this.#queue.take()) {
      const taken = key;
      const work = this.#schedule(taken)
        .then(() => this.#queue.forget(taken))
        .catch((error: unknown) => {
          this.#options.log.warn({ pod: taken, error: String(error) }, "cannot schedule a Pod yet");
          this.#queue.addAfterFailure(taken);
        })
        .finally(() => {
          this.#underWay.delete(work);
          this.#queue.done(taken);
        });
      this.#underWay.add(work);
    }
  }

  async #schedule(key: string): Promise<void> {
    const { client } = this.#options;
    const pod = client.get(pods, parseKey(key));
    this.#unfit.delete(key);
    if (!pod || !isPending(pod)) return;
    if (pod.spec?.schedulingGates?.length) {
      const message = "Scheduling is blocked due to non-empty scheduling gates";
      await this.#setUnscheduled(pod, "SchedulingGated", message);
      return;
    }
    const present = client.list(nodes);
    // Objects of nodes that are not (any more) may be there too; without a Ready one the first says what is wrong.
    const node = present.find(isReady) ?? present[0];
    if (!node) return this.#refuse(key, pod, "no nodes available to schedule pods");
    const labelsOf = (name: string) => client.get(namespaces, { name })?.metadata.labels;
    const reason = misfit(pod, node, this.#present(node.metadata.name), labelsOf);
    if (reason) return this.#refuse(key, pod, unschedulableMessage(pod, reason));
    await this.#assign(pod, node.metadata.name);
  }

  /** Pods that have a claim on the node's resources. */
  #present(node: string): Stored<Pod>[] {
    const assigned = this.#options.client.list(pods).filter((pod) => pod.spec?.nodeName === node && !hasEnded(pod));
    const known = new Set(assigned.map((pod) => pod.metadata.uid));
    return [...assigned, ...[...this.#assumed.values()].filter((pod) => !known.has(pod.metadata.uid))];
  }

  async #assign(pod: Stored<Pod>, node: string): Promise<void> {
    const { events, bind } = this.#options;
    const { uid, name, namespace = "" } = pod.metadata;
    this.#assumed.set(uid, pod);
    try {
      await bind(namespace, name, uid, node);
      events.record(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${node}`);
    } catch (error) {
      if (!StatusError.is(error, "NotFound") && !StatusError.is(error, "Conflict")) throw error;
    } finally {
      this.#assumed.delete(uid);
    }
  }

  async #refuse(key: string, pod: Stored<Pod>, message: string): Promise<void> {
    this.#unfit.add(key);
    const changed = await this.#setUnscheduled(pod, "Unschedulable", message);
    if (changed) this.#options.events.record(pod, "Warning", "FailedScheduling", message);
  }

  /** @returns whether the Pod did not say so already. */
  async #setUnscheduled(pod: Stored<Pod>, reason: string, message: string): Promise<boolean> {
    const { client, clock } = this.#options;
    const key = { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name };
    const change = (draft: Stored<Pod>): boolean => {
      const conditions = draft.status?.conditions ?? [];
      const before = conditions.find(({ type }) => type === "PodScheduled");
      if (draft.metadata.uid !== pod.metadata.uid || !isPending(draft)) return false;
      if (before?.reason === reason && before.message === message) return false;
      const condition: PodCondition = {
        type: "PodScheduled",
        status: "False",
        reason,
        message,
        lastTransitionTime: before?.status === "False" ? (before.lastTransitionTime ?? "") : timestamp(clock.now()),
      };
      draft.status = {
        ...draft.status,
        conditions: [...conditions.filter(({ type }) => type !== "PodScheduled"), condition],
      };
      return true;
    };
    return (await modify(client, pods, key, change, { subresource: "status" })) !== undefined;
  }
}

function isReady({ status }: Stored<Node>): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
}

/** Whether it is for this scheduler to assign. */
function isPending(pod: Pod): boolean {
  const { nodeName, schedulerName: wanted = schedulerName } = pod.spec ?? {};
  return !nodeName && wanted === schedulerName && pod.metadata?.deletionTimestamp === undefined && !hasEnded(pod);
}

function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}
