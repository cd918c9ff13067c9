import { describe, expect, it } from "vitest";
import type { KubeObject, Stored } from "../machinery/object.ts";
import { Rehearsal } from "./rehearsal.ts";
import { Store } from "./store.ts";

function object(name: string): Stored<KubeObject> {
  const metadata = { name, namespace: "default", uid: name, resourceVersion: "", creationTimestamp: "" };
  return { apiVersion: "v1", kind: "ConfigMap", metadata };
}

const names = (objects: readonly Stored<KubeObject>[]) => objects.map(({ metadata }) => metadata.name);

describe("a rehearsal", () => {
  it("sees what is in the store and what was written in it; the store sees nothing of it", async () => {
    const store = new Store(":memory:");
    const { metadata } = await store.put("configmaps", object("a"));
    const rehearsal = new Rehearsal(store);
    const added = await rehearsal.put("configmaps", object("b"));
    expect(added.metadata.resourceVersion).toBe(String(Number(metadata.resourceVersion) + 1));
    expect(names(rehearsal.staged.list("configmaps", "default"))).toEqual(["a", "b"]);
    await rehearsal.remove("configmaps", object("a"));
    expect(rehearsal.staged.get("configmaps", { namespace: "default", name: "a" })).toBeUndefined();
    await rehearsal.settled();
    expect(names(store.staged.list("configmaps"))).toEqual(["a"]);
    store.close();
  });

  it("is current until somebody writes, on disk or not", async () => {
    const store = new Store(":memory:");
    const rehearsal = new Rehearsal(store);
    await rehearsal.put("configmaps", object("b"));
    expect(rehearsal.isCurrent).toBe(true);
    const write = store.put("configmaps", object("c"));
    expect(rehearsal.isCurrent).toBe(false);
    await write;
    expect(rehearsal.isCurrent).toBe(false);
    expect(new Rehearsal(store).isCurrent).toBe(true);
    store.close();
  });
});
