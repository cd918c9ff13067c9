/** One round of a StatefulSet: its revisions, the next step for its Pods, its status. */
import { claim } from "../../machinery/claim.ts";
import { modify } from "../../machinery/client.ts";
import type { ControllerContext, Requeue } from "../../machinery/controller.ts";
import { equal } from "../../machinery/equal.ts";
import { controllerOf, type ObjectKey, type Stored } from "../../machinery/object.ts";
import { controllerRevisions, pods, statefulSets } from "../../machinery/resource.ts";
import { matches, selectorFromObject } from "../../machinery/selector.ts";
import { slowStart } from "../../machinery/slow-start.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { StatefulSet } from "../../machinery/types.ts";
import { soonest, trafficIn } from "../pod/availability.ts";
import { giveIdentity, newPod, ordinalOf, revisionOf } from "./identity.ts";
import { type AssessedMember, assess } from "./members.ts";
import { planSteps, type Step } from "./plan.ts";
import {
  newRevision,
  nextRevisionNumber,
  type Revision,
  revisionOfPresent,
  surplusRevisions,
  templateOf,
} from "./revision.ts";
import { type StatefulSetStatus, statefulSetStatus } from "./status.ts";

type Set = Stored<StatefulSet>;

export async function syncStatefulSet(set: Set, context: ControllerContext): Promise<Requeue | void> {
  const revisions = await claimRevisions(set, context);
  const update = await updateRevision(set, revisions, context);
  // A round that found its name taken by another template has noted so; that change brings the next round.
  if (!update) return;
  const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  const members = await claimMembers(set, context);
  const failure = set.metadata.deletionTimestamp
    ? undefined
    : await takeSteps(set, planSteps(set, members, update.metadata.name), current, update, context);
  const after = await claimMembers(set, context);
  await writeStatus(set, statefulSetStatus(set, after, current.metadata.name, update.metadata.name), context);
  await truncateHistory(set, [...revisions, update], after, current, context);
  if (failure) throw failure;
  const requeueAfterMs = soonest(after.map((member) => member.recheckAfterMs));
  return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
}

function selected(set: Set): (object: { metadata: { labels?: Record<string, string> } }) => boolean {
  const selector = selectorFromObject(set.spec?.selector ?? {});
  return (object) => matches(selector, object.metadata.labels);
}

async function claimRevisions(set: Set, { client }: ControllerContext): Promise<Revision[]> {
  const { namespace = "" } = set.metadata;
  return claim(client, controllerRevisions, set, client.list(controllerRevisions, { namespace }), selected(set));
}

/** @returns the revision that holds the present template, made or renewed if need be; undefined after a collision. */
async function updateRevision(
  set: Set,
  revisions: readonly Revision[],
  { client }: ControllerContext,
): Promise<Revision | undefined> {
  const present = revisionOfPresent(set, revisions);
  const number = nextRevisionNumber(revisions);
  if (present?.revision === number - 1) return present;
  if (present) {
    // A template that was there before has come back: its revision is the newest again.
    const renewed = { ...structuredClone(present), revision: number };
    return client.update(controllerRevisions, renewed);
  }
  const collisions = set.status?.collisionCount ?? 0;
  const wanted = newRevision(set, number, collisions);
  try {
    return await client.create(controllerRevisions, wanted);
  } catch (error) {
    if (!StatusError.is(error, "AlreadyExists")) throw error;
    const key = { namespace: set.metadata.namespace ?? "", name: wanted.metadata?.name ?? "" };
    const taken = client.get(controllerRevisions, key);
    if (taken && equal(taken.data, wanted.data) && controllerOf(taken)?.uid === set.metadata.uid) return taken;
    const status = { ...set.status, replicas: set.status?.replicas ?? 0, collisionCount: collisions + 1 };
    await client.update(statefulSets, { ...structuredClone(set), status }, { subresource: "status" });
    return undefined;
  }
}

async function claimMembers(set: Set, { client, clock, traffic }: ControllerContext): Promise<AssessedMember[]> {
  const { namespace = "" } = set.metadata;
  const matching = selected(set);
  const owned = await claim(
    client,
    pods,
    set,
    client.list(pods, { namespace }),
    (pod) => matching(pod) && ordinalOf(set, pod) !== undefined,
  );
  const hasTraffic = trafficIn(namespace, client, traffic);
  return owned.map((pod) => assess(pod, set.spec?.minReadySeconds ?? 0, clock.now(), hasTraffic));
}

/** @returns what went wrong, if anything did: the status is told all the same. */
async function takeSteps(
  set: Set,
  steps: readonly Step[],
  current: Revision,
  update: Revision,
  context: ControllerContext,
): Promise<unknown> {
  try {
    await slowStart(steps.length, async (index) => {
      const step = steps[index];
      if (step?.do === "create")
        await create(set, step.ordinal, step.revision === "current" ? current : update, context);
      if (step?.do === "delete") await remove(set, step.pod, context);
      if (step?.do === "relabel") await relabel(set, step.pod, step.ordinal, context);
    });
    return undefined;
  } catch (error) {
    return error;
  }
}

async function create(set: Set, ordinal: number, revision: Revision, context: ControllerContext): Promise<void> {
  const { client, events } = context;
  const name = `${set.metadata.name}-${ordinal}`;
  const [claimTemplate] = set.spec?.volumeClaimTemplates ?? [];
  if (claimTemplate) {
    // Without its volume the Pod would lose what it is trusted to keep. A change of the set brings the next attempt.
    const why = "PersistentVolumeClaims are not available yet";
    const subject = `Claim ${claimTemplate.metadata?.name}-${name} Pod ${name} in StatefulSet ${set.metadata.name}`;
    events.record(set, "Warning", "FailedCreate", `create ${subject} failed error: ${why}`);
    return;
  }
  const verb = () => client.create(pods, newPod(set, ordinal, templateOf(revision), revision.metadata.name));
  await told(set, "create", "SuccessfulCreate", "FailedCreate", name, verb, context);
}

async function remove(set: Set, { metadata }: Stored<object>, context: ControllerContext): Promise<void> {
  const { namespace = "", name, uid } = metadata;
  const verb = () => context.client.delete(pods, { namespace, name }, { preconditions: { uid } });
  await told(set, "delete", "SuccessfulDelete", "FailedDelete", name, verb, context);
}

async function relabel(set: Set, { metadata }: Stored<object>, ordinal: number, context: ControllerContext) {
  const { namespace = "", name } = metadata;
  const change = (draft: Parameters<typeof giveIdentity>[0]) => giveIdentity(draft, name, ordinal);
  const verb = () => modify(context.client, pods, { namespace, name }, change);
  await told(set, "update", "SuccessfulUpdate", "FailedUpdate", name, verb, context);
}

/** Does it and records how it went. Gone already, or another's already: nothing to tell, the next round sees it. */
async function told(
  set: Set,
  verb: string,
  successReason: string,
  failureReason: string,
  pod: string,
  act: () => Promise<unknown>,
  { events }: ControllerContext,
): Promise<void> {
  const subject = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`;
  try {
    await act();
    events.record(set, "Normal", successReason, `${subject} successful`);
  } catch (error) {
    if (verb === "delete" && StatusError.is(error, "NotFound")) return;
    const why = error instanceof Error ? error.message : String(error);
    events.record(set, "Warning", failureReason, `${subject} failed error: ${why}`);
    throw error;
  }
}

async function writeStatus(set: Set, status: StatefulSetStatus, { client }: ControllerContext): Promise<void> {
  if (equal(set.status, status)) return;
  const { namespace = "", name, uid } = set.metadata;
  const change = (draft: Set): boolean => {
    if (draft.metadata.uid !== uid) return false;
    draft.status = status;
    return true;
  };
  await modify(client, statefulSets, { namespace, name }, change, { subresource: "status" });
}

async function truncateHistory(
  set: Set,
  revisions: readonly Revision[],
  members: readonly AssessedMember[],
  current: Revision,
  { client }: ControllerContext,
): Promise<void> {
  const update = revisions.at(-1)?.metadata.name ?? "";
  const live = new Set([current.metadata.name, update, ...members.map(({ pod }) => revisionOf(pod) ?? "")]);
  for (const { metadata } of surplusRevisions(set, revisions, live)) {
    const key: ObjectKey = { namespace: metadata.namespace ?? "", name: metadata.name };
    try {
      await client.delete(controllerRevisions, key);
    } catch (error) {
      if (!StatusError.is(error, "NotFound")) throw error;
    }
  }
}
