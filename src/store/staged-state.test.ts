import { expect, it } from "vitest";
import type { KubeObject, Stored } from "../machinery/object.ts";
import { ObjectIndex } from "./object-index.ts";
import { StagedState } from "./staged-state.ts";

type AnyObject = Stored<KubeObject>;

function object(key: string, resourceVersion = "1"): AnyObject {
  const [namespace = "", name = ""] = key.split("/");
  const creationTimestamp = "2026-01-01T00:00:00Z";
  return { apiVersion: "v1", kind: "X", metadata: { namespace, name, uid: key, resourceVersion, creationTimestamp } };
}

function stateOf(committed: string[], staged: Record<string, "put" | "deleted">): StagedState {
  const index = new ObjectIndex();
  for (const key of committed) index.set("xs", object(key));
  const state = new StagedState(index);
  for (const [key, change] of Object.entries(staged)) {
    if (change === "put") state.set("xs", object(key, "2"));
    else state.delete("xs", object(key));
  }
  return state;
}

it.each<[committed: string[], staged: Record<string, "put" | "deleted">, listed: string[]]>([
  [[], { "a/b": "put", "a/a": "put" }, ["a/a 2", "a/b 2"]],
  [["a/a", "a/c"], { "a/b": "put" }, ["a/a 1", "a/b 2", "a/c 1"]],
  [["a/b"], { "a/a": "put", "a/c": "put" }, ["a/a 2", "a/b 1", "a/c 2"]],
  [["a/a", "a/b"], { "a/a": "put" }, ["a/a 2", "a/b 1"]],
  [["a/a", "a/b", "b/a"], { "a/a": "deleted", "b/a": "deleted" }, ["a/b 1"]],
  [["a/a"], { "a/b": "deleted" }, ["a/a 1"]],
  [["b/a"], { "a/z": "put", "c/a": "put", "b/a": "put" }, ["a/z 2", "b/a 2", "c/a 2"]],
  [["a-b/x", "a/x"], { "a/y": "put" }, ["a/x 1", "a/y 2", "a-b/x 1"]],
])("%j with %j lists %j", (committed, staged, listed) => {
  const state = stateOf(committed, staged);
  const print = ({ metadata }: AnyObject) => `${metadata.namespace}/${metadata.name} ${metadata.resourceVersion}`;
  expect(state.list("xs").map(print)).toEqual(listed);
  expect(state.list("xs", "a").map(print)).toEqual(listed.filter((line) => line.startsWith("a/")));
});
