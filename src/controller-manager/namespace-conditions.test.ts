import { expect, test } from "vitest";
import type { KubeObject, Stored } from "../machinery/object.ts";
import { configMaps, deployments, pods } from "../machinery/resource.ts";
import { deletionConditions, type Remaining } from "./namespace-conditions.ts";

const now = Date.UTC(2026, 0, 1);

function objects(count: number, finalizers: string[] = []): Stored<KubeObject>[] {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `o${index}`, uid: `u${index}`, resourceVersion: "1", creationTimestamp: "", finalizers },
  }));
}

function summary(remaining: Remaining[], failures: string[] = []) {
  return deletionConditions(remaining, failures, [], now)
    .filter((condition) => condition.status === "True")
    .map(({ reason, message }) => `${reason}: ${message}`);
}

test("an empty namespace has nothing to report, in five conditions", () => {
  const conditions = deletionConditions([], [], [], now);
  expect(conditions.map(({ type, status }) => `${type}=${status}`)).toEqual([
    "NamespaceDeletionDiscoveryFailure=False",
    "NamespaceDeletionGroupVersionParsingFailure=False",
    "NamespaceDeletionContentFailure=False",
    "NamespaceContentRemaining=False",
    "NamespaceFinalizersRemaining=False",
  ]);
});

test("names what is left and which finalizers hold it", () => {
  const remaining = [
    { resource: pods, objects: objects(2) },
    { resource: deployments, objects: objects(1, ["example.com/hold"]) },
    { resource: configMaps, objects: objects(1, ["example.com/hold"]) },
  ];
  expect(summary(remaining)).toEqual([
    "SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances, deployments.apps has 1 resource instances, pods. has 2 resource instances",
    "SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 2 resource instances",
  ]);
});

test("tells what could not be deleted", () => {
  expect(summary([], ["disk full"])).toEqual([
    "ContentDeletionFailed: Failed to delete all resource types, 1 remaining: disk full",
  ]);
});

test("a condition keeps its time while it stays the same", () => {
  const before = deletionConditions([], [], [], now);
  const after = deletionConditions([{ resource: pods, objects: objects(1) }], [], before, now + 60_000);
  expect(after.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:01:00Z",
    "2026-01-01T00:00:00Z",
  ]);
});
