/**
 * The next step of a StatefulSet: which Pods to make, delete or put right.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#deployment-and-scaling-guarantees
 */
import type { Stored } from "../../machinery/object.ts";
import type { Pod, StatefulSet } from "../../machinery/types.ts";
import { firstOrdinal, hasIdentity, ordinalOf, revisionOf } from "./identity.ts";

/** A Pod of the set, with what has been found out about it. */
export interface Member {
  pod: Stored<Pod>;
  /** Running, ready, reached by its Services, for as long as `minReadySeconds` says. */
  available: boolean;
}

export type Step =
  | { do: "create"; ordinal: number; revision: "current" | "update" }
  | { do: "delete"; pod: Stored<Pod> }
  | { do: "relabel"; pod: Stored<Pod>; ordinal: number };

interface Plan {
  steps: Step[];
  /** Something must end before anything further may begin. */
  blocked: boolean;
}

/** @param updateRevision name of the revision that holds the present template. */
export function planSteps(set: Stored<StatefulSet>, members: readonly Member[], updateRevision: string): Step[] {
  const ordered = set.spec?.podManagementPolicy !== "Parallel";
  const places = placesOf(set, members);
  const kept = planKept(set, places, ordered);
  if (kept.blocked) return kept.steps;
  const condemned = planCondemned(condemnedOf(set, members), places, ordered);
  if (condemned.blocked) return [...kept.steps, ...condemned.steps];
  return [...kept.steps, ...condemned.steps, ...planUpdate(set, places, updateRevision)];
}

interface Place {
  ordinal: number;
  member: Member | undefined;
}

/** One for each Pod that there is to be, in order. */
function placesOf(set: Stored<StatefulSet>, members: readonly Member[]): Place[] {
  const byOrdinal = new Map(members.map((member) => [ordinalOf(set, member.pod), member]));
  return Array.from({ length: set.spec?.replicas ?? 1 }, (_, index) => {
    const ordinal = firstOrdinal(set) + index;
    return { ordinal, member: byOrdinal.get(ordinal) };
  });
}

/** Pods beyond the set's size, the highest ordinal first. */
function condemnedOf(set: Stored<StatefulSet>, members: readonly Member[]): Member[] {
  const first = firstOrdinal(set);
  const end = first + (set.spec?.replicas ?? 1);
  const place = ({ pod }: Member) => ordinalOf(set, pod) ?? -1;
  return members
    .filter((member) => place(member) >= 0 && (place(member) < first || place(member) >= end))
    .sort((a, b) => place(b) - place(a));
}

function planKept(set: Stored<StatefulSet>, places: readonly Place[], ordered: boolean): Plan {
  const steps: Step[] = [];
  for (const { ordinal, member } of places) {
    if (!member) {
      steps.push({ do: "create", ordinal, revision: revisionFor(set, ordinal) });
      if (ordered) return { steps, blocked: true };
      continue;
    }
    const { pod, available } = member;
    if (hasEnded(pod)) {
      // The name is free for its successor only once this one is gone.
      if (!isTerminating(pod)) steps.push({ do: "delete", pod });
      if (ordered) return { steps, blocked: true };
      continue;
    }
    if (ordered && (isTerminating(pod) || !available)) return { steps, blocked: true };
    if (!hasIdentity(pod, ordinal)) steps.push({ do: "relabel", pod, ordinal });
  }
  return { steps, blocked: false };
}

/** Below the partition Pods come back as they were. */
function revisionFor(set: Stored<StatefulSet>, ordinal: number): "current" | "update" {
  if (set.spec?.updateStrategy?.type === "OnDelete") return "update";
  const rolling = set.spec?.updateStrategy?.rollingUpdate;
  const below = rolling ? (rolling.partition ?? 0) : (set.status?.currentReplicas ?? 0);
  return ordinal < firstOrdinal(set) + below ? "current" : "update";
}

function planCondemned(condemned: readonly Member[], places: readonly Place[], ordered: boolean): Plan {
  const living = condemned.filter(({ pod }) => !isTerminating(pod));
  if (!ordered) return { steps: living.map(({ pod }) => ({ do: "delete", pod })), blocked: false };
  const [last] = condemned;
  if (!last) return { steps: [], blocked: false };
  if (isTerminating(last.pod)) return { steps: [], blocked: true };
  const allKept = places.map(({ member }) => member).filter((member) => member !== undefined);
  // Only one Pod may be missing at a time: an unavailable one goes first if it is the only one's turn.
  const firstUnavailable = [...allKept, ...[...condemned].reverse()].find((member) => !isHealthy(member));
  if (!last.available && last !== firstUnavailable) return { steps: [], blocked: true };
  return { steps: [{ do: "delete", pod: last.pod }], blocked: true };
}

/** One Pod after the other, from the highest ordinal down, each only once those above it are available. */
function planUpdate(set: Stored<StatefulSet>, places: readonly Place[], updateRevision: string): Step[] {
  if (set.spec?.updateStrategy?.type === "OnDelete") return [];
  const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  for (const { member } of places.slice(partition).reverse()) {
    if (!member) return [];
    const { pod } = member;
    if (revisionOf(pod) !== updateRevision && !isTerminating(pod)) {
      return hasEnded(pod) ? [] : [{ do: "delete", pod }];
    }
    if (!isHealthy(member)) return [];
  }
  return [];
}

function isHealthy({ pod, available }: Member): boolean {
  return available && !isTerminating(pod);
}

function isTerminating(pod: Stored<Pod>): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function hasEnded(pod: Stored<Pod>): boolean {
  return pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded";
}
