import { expect, test } from "vitest";
import type { Stored } from "../../machinery/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";
import { sizeAnnotations } from "./annotations.ts";
import { followScale, newSetSize, shrinkOldSets, wasScaled } from "./scale-plan.ts";
import { limits } from "./sizes.ts";

type Limit = number | string;

function deployment(replicas: number, maxSurge: Limit = "25%", maxUnavailable: Limit = "25%"): Stored<Deployment> {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", uid: "d", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: {
      replicas,
      selector: {},
      template: {},
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
    },
  };
}

/** @param age higher is younger. @param max @param was the Deployment's sizes when this one was scaled last. */
function set(
  name: string,
  replicas: number,
  available = replicas,
  age = 0,
  max?: number,
  was = replicas,
): Stored<ReplicaSet> {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name,
      uid: name,
      resourceVersion: "1",
      creationTimestamp: `2026-01-01T00:00:0${age}Z`,
      ...(max !== undefined && { annotations: sizeAnnotations(was, max) }),
    },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  };
}

const sizes = (steps: { set: Stored<ReplicaSet>; to: number }[]) =>
  steps.map(({ set, to }) => `${set.metadata.name}=${to}`).join(" ");

test.each<[number, Limit, Limit, number, number]>([
  [10, "25%", "25%", 3, 2],
  [3, "25%", "25%", 1, 0],
  [1, "25%", "25%", 1, 0],
  [4, 0, "10%", 0, 1],
  [4, "0%", 0, 0, 1],
  [2, 5, 5, 5, 2],
  [0, "25%", "25%", 0, 0],
  [8, "100%", "50%", 8, 4],
])("%d replicas with surge %s and unavailable %s: %d more, %d fewer", (replicas, surge, missing, more, fewer) => {
  expect(limits(deployment(replicas, surge, missing))).toEqual({ maxSurge: more, maxUnavailable: fewer });
});

test("Recreate has no limits", () => {
  const recreate = deployment(4);
  recreate.spec = { selector: {}, template: {}, replicas: 4, strategy: { type: "Recreate" } };
  expect(limits(recreate)).toEqual({ maxSurge: 0, maxUnavailable: 0 });
  expect(newSetSize(recreate, [set("old", 4)], undefined)).toBe(4);
});

interface GrowCase {
  replicas: number;
  old: number[];
  present: number;
  becomes: number;
}

test.each<GrowCase>([
  { replicas: 3, old: [], present: 0, becomes: 3 },
  { replicas: 3, old: [3], present: 0, becomes: 1 },
  { replicas: 3, old: [2], present: 1, becomes: 2 },
  { replicas: 3, old: [3], present: 1, becomes: 1 },
  { replicas: 10, old: [8], present: 3, becomes: 5 },
  { replicas: 3, old: [], present: 5, becomes: 3 },
  { replicas: 0, old: [], present: 0, becomes: 0 },
])("of $replicas, beside $old, the newest grows from $present to $becomes", ({ replicas, old, present, becomes }) => {
  const newest = set("new", present);
  const all = [newest, ...old.map((size, index) => set(`old${index}`, size))];
  expect(newSetSize(deployment(replicas), all, newest)).toBe(becomes);
});

interface ShrinkCase {
  what: string;
  of: Stored<Deployment>;
  newest: Stored<ReplicaSet>;
  old: Stored<ReplicaSet>[];
  steps: string;
}

test.each<ShrinkCase>([
  {
    what: "nothing while the surge is not available",
    of: deployment(3),
    newest: set("new", 1, 0),
    old: [set("a", 3)],
    steps: "",
  },
  { what: "one once the surge is", of: deployment(3), newest: set("new", 1, 1), old: [set("a", 3)], steps: "a=2" },
  {
    what: "as many as may be missing at once",
    of: deployment(10),
    newest: set("new", 3, 0),
    old: [set("a", 10)],
    steps: "a=8",
  },
  {
    what: "unavailable ones first, of the oldest first, then others",
    of: deployment(10, 0, 5),
    newest: set("new", 0, 0),
    old: [set("b", 6, 6, 2), set("a", 4, 1, 1)],
    steps: "a=1 a=0 b=5",
  },
  {
    what: "unavailable old ones even while the newest fails",
    of: deployment(3),
    newest: set("new", 1, 0),
    old: [set("a", 3, 3, 1), set("stuck", 1, 0, 2)],
    steps: "stuck=0",
  },
])("shrinks $what", ({ of, newest, old, steps }) => {
  expect(sizes(shrinkOldSets(of, newest, old))).toBe(steps);
});

test("a change of scale is told by what the ReplicaSets were scaled for", () => {
  expect(wasScaled(deployment(3), [set("a", 3, 3, 0, 4), set("b", 0, 0, 0, 1)])).toBe(false);
  expect(wasScaled(deployment(5), [set("a", 3, 3, 0, 4)])).toBe(true);
  expect(wasScaled(deployment(5), [set("a", 3)])).toBe(false);
});

interface FollowCase {
  what: string;
  of: Stored<Deployment>;
  newest?: Stored<ReplicaSet>;
  old: Stored<ReplicaSet>[];
  steps: string;
}

test.each<FollowCase>([
  { what: "the only active one", of: deployment(5), newest: set("new", 3), old: [set("a", 0)], steps: "new=5" },
  {
    what: "the latest where none is active",
    of: deployment(2),
    old: [set("a", 0, 0, 1), set("b", 0, 0, 2)],
    steps: "b=2",
  },
  {
    what: "nobody but those left over once the newest has taken over",
    of: deployment(3),
    newest: set("new", 3, 3, 2, 4),
    old: [set("a", 1, 0, 1)],
    steps: "a=0",
  },
  {
    // The example of the documentation: 10 replicas, surge 3, scaled to 15 in mid-rollout.
    what: "all in proportion, up",
    of: deployment(15, 3, 2),
    newest: set("new", 5, 0, 2, 13, 10),
    old: [set("old", 8, 8, 1, 13, 10)],
    steps: "old=11 new=7",
  },
  {
    what: "all in proportion, down",
    of: deployment(5, 0, 2),
    newest: set("new", 5, 5, 2, 10, 10),
    old: [set("old", 5, 5, 1, 10, 10)],
    steps: "old=2 new=3",
  },
  {
    what: "all to nothing",
    of: deployment(0),
    newest: set("new", 5, 5, 2, 10, 10),
    old: [set("old", 5, 5, 1, 10, 10)],
    steps: "old=0 new=0",
  },
])("scales $what", ({ of, newest, old, steps }) => {
  expect(sizes(followScale(of, newest, old))).toBe(steps);
});
