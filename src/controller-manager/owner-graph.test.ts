import { expect, test } from "vitest";
import type { WatchEvent } from "../machinery/client.ts";
import type { KubeObject, Stored } from "../machinery/object.ts";
import { pods } from "../machinery/resource.ts";
import { OwnerGraph } from "./owner-graph.ts";

function pod(uid: string, owners: string[]): Stored<KubeObject> {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: "default",
      name: uid,
      uid,
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      ownerReferences: owners.map((owner) => ({ apiVersion: "apps/v1", kind: "ReplicaSet", name: owner, uid: owner })),
    },
  };
}

const names = (graph: OwnerGraph, owner: string) => graph.dependentsOf(owner).map(({ key }) => key.name);

test("follows references as objects come, change and go", () => {
  const graph = new OwnerGraph();
  const apply = (event: WatchEvent<KubeObject>) => graph.apply(pods, event);
  apply({ type: "ADDED", object: pod("a", ["x"]) });
  apply({ type: "ADDED", object: pod("b", ["x", "y"]) });
  expect([names(graph, "x"), names(graph, "y")]).toEqual([["a", "b"], ["b"]]);
  apply({ type: "MODIFIED", object: pod("b", ["y"]), previous: pod("b", ["x", "y"]) });
  apply({ type: "DELETED", object: pod("a", ["x"]), previous: pod("a", ["x"]) });
  expect([names(graph, "x"), names(graph, "y")]).toEqual([[], ["b"]]);
});
