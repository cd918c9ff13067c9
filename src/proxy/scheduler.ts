/**
 * How userspace mode spreads connections, by annotation of the Service: the schedulers that kube-proxy's IPVS mode has by these
 * names (https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-ipvs). Pure but for what they count.
 */
import { fnv1a } from "../machinery/fnv-hash.ts";
import type { Target } from "./compile.ts";

/** `skiff.dev/scheduler: lc` */
const schedulerAnnotation = "skiff.dev/scheduler";
/** For `wrr`: `skiff.dev/scheduler-weights: web-0=3,web-1=1`, by Pod name; 1 for Pods that are not named. */
const weightsAnnotation = "skiff.dev/scheduler-weights";

const schedulerNames = ["rr", "lc", "wrr", "sh"] as const;

export type SchedulerName = (typeof schedulerNames)[number];

export interface SchedulerChoice {
  name: SchedulerName;
  /** By Pod name. */
  weights: ReadonlyMap<string, number>;
}

/** @returns undefined for round robin, which needs no annotation, and for what is not known. */
export function chosenScheduler(
  annotations: Readonly<Record<string, string>> | undefined,
): SchedulerChoice | undefined {
  const name = schedulerNames.find((known) => known === annotations?.[schedulerAnnotation]);
  if (name === undefined || name === "rr") return undefined;
  if (name !== "wrr") return { name, weights: new Map() };
  const weights = (annotations?.[weightsAnnotation] ?? "").split(",").flatMap((entry) => {
    const [pod = "", text = ""] = entry.split("=").map((part) => part.trim());
    const weight = Number(text);
    return pod !== "" && text !== "" && Number.isInteger(weight) && weight >= 0 ? [[pod, weight] as const] : [];
  });
  return { name, weights: new Map(weights) };
}

/** Who connects. Its address is asked for only where it matters: for a socket's the kernel is asked. */
export interface Client {
  readonly remoteAddress?: string | undefined;
}

/** Picks the index of the target that is tried first; there is at least one. */
export interface Scheduler {
  pick(targets: readonly Target[], client: Client, connections: (target: Target) => number): number;
}

export function makeScheduler(name: SchedulerName | undefined): Scheduler {
  switch (name) {
    case "lc":
      return leastConnections();
    case "wrr":
      return weightedRoundRobin();
    case "sh":
      return { pick: (targets, client) => fnv1a(client.remoteAddress ?? "") % targets.length };
    default:
      return roundRobin();
  }
}

function roundRobin(): Scheduler {
  let turn = 0;
  return { pick: (targets) => turn++ % targets.length };
}

/** The one with the fewest open connections; of those with as few, in turn. */
function leastConnections(): Scheduler {
  let turn = 0;
  return {
    pick(targets, _client, connections) {
      const first = turn++ % targets.length;
      let best = first;
      for (let step = 1; step < targets.length; step++) {
        const index = (first + step) % targets.length;
        if (connections(targets[index] as Target) < connections(targets[best] as Target)) best = index;
      }
      return best;
    },
  };
}

/** Smooth: weights 2 and 1 give a b a, never a a b. Each pick every target gains its weight, and who has most pays the sum. */
function weightedRoundRobin(): Scheduler {
  const credits = new Map<string, number>();
  return {
    pick(targets) {
      let best = 0;
      let most = Number.NEGATIVE_INFINITY;
      let sum = 0;
      for (const [index, target] of targets.entries()) {
        const key = `${target.ip}:${target.port}`;
        const weight = target.weight ?? 1;
        const credit = (credits.get(key) ?? 0) + weight;
        credits.set(key, credit);
        sum += weight;
        // Weight 0: no new connections, unless everybody's is.
        if (weight > 0 && credit > most) {
          best = index;
          most = credit;
        }
      }
      const chosen = targets[best] as Target;
      const key = `${chosen.ip}:${chosen.port}`;
      credits.set(key, (credits.get(key) ?? 0) - sum);
      return best;
    },
  };
}
