/**
 * Conditions of a Pod from the statuses of its containers: pure.
 * Rule: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions
 */
import { timestamp } from "../machinery/clock.ts";
import type { ContainerStatus, PodCondition, PodSpec } from "../machinery/types.ts";
import { isSidecar } from "./sidecar.ts";

export interface ConditionFacts {
  spec: PodSpec;
  phase: string;
  sandboxReady: boolean;
  initStatuses: readonly ContainerStatus[];
  statuses: readonly ContainerStatus[];
  before: readonly PodCondition[];
  now: number;
}

type Verdict = Pick<PodCondition, "status" | "reason" | "message">;

const yes: Verdict = { status: "True" };
const no = (reason?: string, message?: string): Verdict => ({
  status: "False",
  ...(reason && { reason }),
  ...(message && { message }),
});

/** Names as Go prints a slice: `[a b]`. */
const list = (names: readonly string[]) => `[${names.join(" ")}]`;

function initialized({ spec, phase, initStatuses, statuses }: ConditionFacts): Verdict {
  if (phase === "Succeeded") return { status: "True", reason: "PodCompleted" };
  // Once a container of the Pod itself has run, init containers may be gone.
  if (statuses.some(({ state, lastState }) => state?.running || state?.terminated || lastState?.terminated)) return yes;
  const byName = new Map(initStatuses.map((status) => [status.name, status]));
  const unfinished = (spec.initContainers ?? []).filter((container) => {
    const status = byName.get(container.name);
    return isSidecar(container) ? !status?.started : !status?.ready;
  });
  if (unfinished.length === 0) return yes;
  const names = unfinished.map(({ name }) => name);
  return no("ContainersNotInitialized", `containers with incomplete status: ${list(names)}`);
}

function containersReady({ spec, phase, initStatuses, statuses }: ConditionFacts): Verdict {
  if (phase === "Succeeded") return no("PodCompleted");
  if (phase === "Failed") return no("PodFailed");
  const sidecars = (spec.initContainers ?? []).filter(isSidecar);
  const unready = [
    ...sidecars.filter(({ name }) => !initStatuses.find((status) => status.name === name)?.ready),
    ...spec.containers.filter(({ name }) => !statuses.find((status) => status.name === name)?.ready),
  ].map(({ name }) => name);
  return unready.length === 0 ? yes : no("ContainersNotReady", `containers with unready status: ${list(unready)}`);
}

function ready(facts: ConditionFacts, containers: Verdict): Verdict {
  if (containers.status !== "True") return containers;
  const missing: string[] = [];
  for (const { conditionType } of facts.spec.readinessGates ?? []) {
    const gate = facts.before.find(({ type }) => type === conditionType);
    if (!gate) missing.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== "True") {
      missing.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
    }
  }
  return missing.length === 0 ? yes : no("ReadinessGatesNotReady", missing.join(", "));
}

/** The kubelet's conditions in its order, then those of others as they were. */
export function podConditions(facts: ConditionFacts): PodCondition[] {
  const containers = containersReady(facts);
  const own: [string, Verdict][] = [
    ["PodReadyToStartContainers", facts.sandboxReady ? yes : no()],
    ["Initialized", initialized(facts)],
    ["Ready", ready(facts, containers)],
    ["ContainersReady", containers],
    ["PodScheduled", yes],
  ];
  const types = new Set(own.map(([type]) => type));
  return [
    ...own.map(([type, verdict]) => {
      const before = facts.before.find((condition) => condition.type === type);
      const changed = before?.status !== verdict.status;
      return {
        type,
        ...verdict,
        lastTransitionTime: changed ? timestamp(facts.now) : (before?.lastTransitionTime ?? timestamp(facts.now)),
      };
    }),
    ...facts.before.filter(({ type }) => !types.has(type)),
  ];
}
