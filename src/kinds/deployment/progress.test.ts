import { expect, test } from "vitest";
import type { Stored } from "../../machinery/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";
import { deadlineCheckAfterMs, progressConditions } from "./progress.ts";
import { type DeploymentCondition, type DeploymentStatus, deploymentStatus } from "./status.ts";

const began = "2026-01-01T00:00:00Z";
const now = Date.parse(began) + 60_000;

function condition(type: string, status: string, reason: string): DeploymentCondition {
  return { type, status, reason, lastUpdateTime: began, lastTransitionTime: began, message: "" };
}

function deployment(status: DeploymentStatus, deadline = 600): Stored<Deployment> {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", uid: "d", resourceVersion: "1", creationTimestamp: began, generation: 1 },
    spec: { replicas: 2, selector: {}, template: {}, progressDeadlineSeconds: deadline },
    status,
  };
}

const newSet: Stored<ReplicaSet> = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web-1", uid: "r", resourceVersion: "1", creationTimestamp: began },
};

const all = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 1 };

interface Case {
  what: string;
  before: DeploymentStatus;
  after: DeploymentStatus;
  deadline?: number;
  told: string[];
}

const progressing = [condition("Progressing", "True", "ReplicaSetUpdated")];

test.each<Case>([
  {
    what: "complete",
    before: { conditions: progressing },
    after: all,
    told: ['True NewReplicaSetAvailable ReplicaSet "web-1" has successfully progressed.'],
  },
  {
    what: "one more Pod",
    before: { replicas: 1, updatedReplicas: 1 },
    after: { replicas: 2, updatedReplicas: 2 },
    told: ['True ReplicaSetUpdated ReplicaSet "web-1" is progressing.'],
  },
  {
    what: "one old Pod fewer",
    before: { replicas: 3, updatedReplicas: 1 },
    after: { replicas: 2, updatedReplicas: 1 },
    told: ['True ReplicaSetUpdated ReplicaSet "web-1" is progressing.'],
  },
  {
    what: "no progress within the deadline",
    before: { replicas: 2, conditions: progressing },
    after: { replicas: 2 },
    told: ["True ReplicaSetUpdated "],
  },
  {
    what: "no progress past the deadline",
    before: { replicas: 2, conditions: progressing },
    after: { replicas: 2 },
    deadline: 30,
    told: ['False ProgressDeadlineExceeded ReplicaSet "web-1" has timed out progressing.'],
  },
  {
    what: "progress after the deadline was exceeded",
    before: { replicas: 2, conditions: [condition("Progressing", "False", "ProgressDeadlineExceeded")] },
    after: { replicas: 2, readyReplicas: 1 },
    told: ['True ReplicaSetUpdated ReplicaSet "web-1" is progressing.'],
  },
  {
    what: "a Pod lost after completion",
    before: { ...all, conditions: [condition("Progressing", "True", "NewReplicaSetAvailable")] },
    after: { ...all, availableReplicas: 1 },
    told: ["True NewReplicaSetAvailable "],
  },
  {
    what: "no deadline at all",
    before: { conditions: progressing },
    after: { replicas: 2, updatedReplicas: 2 },
    deadline: 2 ** 31 - 1,
    told: [],
  },
])("$what", ({ before, after, deadline, told }) => {
  const status = { ...after, conditions: before.conditions ?? [] };
  const conditions = progressConditions(deployment(before, deadline), status, newSet, [newSet], now);
  expect(conditions.map(({ status, reason, message }) => `${status} ${reason} ${message}`)).toEqual(told);
});

test("each step forward is noted, and the time of the transition stays", () => {
  const before = { replicas: 1, updatedReplicas: 1, conditions: progressing };
  const status = { replicas: 2, updatedReplicas: 2, conditions: progressing };
  expect(progressConditions(deployment(before), status, newSet, [newSet], now)).toMatchObject([
    { reason: "ReplicaSetUpdated", lastUpdateTime: "2026-01-01T00:01:00Z", lastTransitionTime: began },
  ]);
});

test("a ReplicaSet that cannot make Pods makes the Deployment say so, until it can", () => {
  const failure = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "quota" };
  const failing = { ...newSet, status: { replicas: 0, conditions: [failure] } };
  const told = progressConditions(deployment({}), { conditions: [] }, failing, [failing], now);
  expect(told).toMatchObject([failure]);
  expect(progressConditions(deployment({}), { conditions: told }, newSet, [newSet], now)).toEqual([]);
});

test("the deadline is looked at when it has passed, and not again afterwards", () => {
  expect(deadlineCheckAfterMs(deployment({ conditions: progressing }), now)).toBe(541_000);
  expect(deadlineCheckAfterMs(deployment({ conditions: progressing }, 30), now)).toBe(1_000);
  const exceeded = { conditions: [condition("Progressing", "False", "ProgressDeadlineExceeded")] };
  expect(deadlineCheckAfterMs(deployment(exceeded), now)).toBeUndefined();
  expect(deadlineCheckAfterMs(deployment({ ...all, conditions: progressing }), now)).toBeUndefined();
  expect(deadlineCheckAfterMs(deployment({}), now)).toBeUndefined();
});

test("counts of zero are left out, and availability is told", () => {
  const status = deploymentStatus(deployment({}), undefined, [], now);
  expect(status).toMatchObject({ observedGeneration: 1, conditions: [{ reason: "MinimumReplicasUnavailable" }] });
  expect(Object.keys(status)).toEqual(["observedGeneration", "conditions"]);
});
