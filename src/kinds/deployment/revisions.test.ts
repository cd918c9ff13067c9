import { expect, test } from "vitest";
import type { Stored } from "../../machinery/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";
import { newSetAnnotations, nextRevision, revisionOf } from "./annotations.ts";
import { newestSet, newReplicaSet, surplusSets } from "./revisions.ts";

function deployment(image: string, annotations: Record<string, string> = {}): Stored<Deployment> {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", uid: "d", resourceVersion: "1", creationTimestamp: "", annotations },
    spec: {
      replicas: 3,
      revisionHistoryLimit: 1,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image }] } },
    },
  };
}

function stored(set: ReplicaSet, created = "2026-01-01T00:00:00Z"): Stored<ReplicaSet> {
  const name = set.metadata?.name ?? "";
  const metadata = {
    ...set.metadata,
    name,
    uid: name,
    resourceVersion: "1",
    creationTimestamp: created,
    generation: 1,
  };
  return {
    ...set,
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata,
    status: { replicas: 0, observedGeneration: 1 },
  };
}

test("a template has one name, by which its ReplicaSet is known again", () => {
  const [one, two] = [newReplicaSet(deployment("a:1"), 3, 1), newReplicaSet(deployment("a:2"), 1, 2)];
  expect(one.metadata?.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{6,10}$/);
  expect(newReplicaSet(deployment("a:1"), 0, 7).metadata?.name).toBe(one.metadata?.name);
  expect(two.metadata?.name).not.toBe(one.metadata?.name);
  expect(newestSet(deployment("a:1"), [stored(two), stored(one)])?.metadata.name).toBe(one.metadata?.name);
  expect(newestSet(deployment("a:3"), [stored(two), stored(one)])).toBeUndefined();
});

test("a new ReplicaSet carries the hash wherever its Pods are looked for, and the Deployment's notes", () => {
  const set = newReplicaSet(deployment("a:1", { "kubernetes.io/change-cause": "first" }), 1, 4);
  const hash = set.metadata?.name?.slice("web-".length);
  const labels = { app: "web", "pod-template-hash": hash };
  expect(set).toMatchObject({
    metadata: {
      labels,
      annotations: {
        "kubernetes.io/change-cause": "first",
        "deployment.kubernetes.io/revision": "4",
        "deployment.kubernetes.io/desired-replicas": "3",
        "deployment.kubernetes.io/max-replicas": "3",
      },
      ownerReferences: [{ kind: "Deployment", name: "web", uid: "d", controller: true, blockOwnerDeletion: true }],
    },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels } } },
  });
});

test("another name after a collision", () => {
  const collided = { ...deployment("a:1"), status: { collisionCount: 1 } };
  expect(newReplicaSet(collided, 0, 1).metadata?.name).not.toBe(newReplicaSet(deployment("a:1"), 0, 1).metadata?.name);
});

const revision = "deployment.kubernetes.io/revision";
const history = "deployment.kubernetes.io/revision-history";

test.each<[string, Record<string, string>, number, Record<string, string>]>([
  ["the first revision", {}, 1, { [revision]: "1" }],
  ["no change", { [revision]: "2" }, 2, { [revision]: "2" }],
  ["an undo remembers", { [revision]: "1" }, 3, { [revision]: "3", [history]: "1" }],
  ["a second undo", { [revision]: "3", [history]: "1" }, 5, { [revision]: "5", [history]: "1,3" }],
  ["never back", { [revision]: "5" }, 3, { [revision]: "5" }],
])("%s", (_what, present, next, annotations) => {
  expect(newSetAnnotations(deployment("a:1"), present, next)).toEqual(annotations);
});

test("what concerns the Deployment alone is not passed on; what was is not taken back", () => {
  const of = deployment("a:1", {
    "kubectl.kubernetes.io/last-applied-configuration": "{}",
    "deployment.kubernetes.io/revision": "9",
    note: "new",
  });
  expect(newSetAnnotations(of, { note: "old", other: "kept" }, 1)).toEqual({
    note: "new",
    other: "kept",
    [revision]: "1",
  });
});

function old(name: string, revisionNumber: number, status?: ReplicaSet["status"]): Stored<ReplicaSet> {
  const annotations = { [revision]: String(revisionNumber) };
  const set = stored({ metadata: { name, annotations }, spec: { replicas: 0, selector: {} } });
  return { ...set, ...(status && { status }) };
}

test("revisions count up, and old ReplicaSets beyond the limit go, lowest revision first", () => {
  const sets = [old("c", 3), old("a", 1), old("b", 2)];
  expect(nextRevision(sets)).toBe(4);
  expect(nextRevision([])).toBe(1);
  expect(revisionOf(old("x", Number.NaN))).toBe(0);
  expect(surplusSets(deployment("a:1"), sets).map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
});

test("an old ReplicaSet that still has Pods is spared", () => {
  const busy = old("a", 1, { replicas: 1, observedGeneration: 1 });
  const unseen = old("b", 2, { replicas: 0, observedGeneration: 0 });
  expect(surplusSets(deployment("a:1"), [busy, unseen, old("c", 3)])).toEqual([]);
});
