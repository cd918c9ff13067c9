import { describe, expect, it } from "vitest";
import { refusal, request, startApi, type TestApi } from "../../../test/support/api.ts";
import { lingeringWidget, type Widget, widget, widgetSchemas, widgets } from "../../../test/support/widget.ts";
import type { DeleteOptions } from "../../machinery/client.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { namespaces, type Resource } from "../../machinery/resource.ts";

const key = { namespace: "default", name: "w" };
// It was defined with the resource of widgets.
const lingering = lingeringWidget.resource as Resource<Widget>;

async function start(): Promise<TestApi & { seen: string[] }> {
  const api = await startApi([widget, lingeringWidget], { schemas: widgetSchemas });
  const seen: string[] = [];
  for (const resource of [widgets, lingering]) {
    api.client.watch(resource, ({ type, object: { metadata } }) => {
      const grace = metadata.deletionGracePeriodSeconds;
      seen.push(
        [type, metadata.deletionTimestamp?.slice(11), grace, metadata.finalizers?.join("+")]
          .filter((x) => x !== undefined)
          .join(" "),
      );
    });
  }
  return { ...api, seen, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

function remove(
  api: TestApi,
  options: DeleteOptions = {},
  resource: Resource<Widget> = widgets,
): Promise<{ object: Stored<KubeObject>; gone: boolean }> {
  return api.api.delete(api.registry.of(resource), key, options, request());
}

describe("delete", () => {
  it("removes at once what nothing holds", async () => {
    await using api = await start();
    await api.client.create(widgets, { metadata: key });
    expect(await remove(api)).toMatchObject({ gone: true, object: { metadata: { name: "w" } } });
    expect(api.client.get(widgets, key)).toBeUndefined();
    expect(api.seen).toEqual(["ADDED", "DELETED"]);
    expect(await refusal(remove(api))).toEqual([404, "NotFound", 'widgets.test.example "w" not found']);
  });

  it("gives the deletion a revision of its own", async () => {
    await using api = await start();
    await api.client.create(widgets, { metadata: key });
    const { object } = await remove(api);
    expect(object.metadata.resourceVersion).toBe(String(api.store.revision));
  });

  it("waits for finalizers, and removes when the last one goes", async () => {
    await using api = await start();
    await api.client.create(widgets, { metadata: { ...key, finalizers: ["a.io/x", "b.io/y"] } });
    expect(await remove(api)).toMatchObject({ gone: false });
    const { revision } = api.store;
    expect(await remove(api)).toMatchObject({ gone: false });
    expect(api.store.revision).toBe(revision);
    const patch = (finalizers: string[] | null): Promise<unknown> =>
      api.client.patch(widgets, key, "merge", { metadata: { finalizers } });
    expect((await refusal(patch(["a.io/x", "b.io/y", "c.io/z"])))[2]).toBe(
      'Widget.test.example "w" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c.io/z"}',
    );
    await patch(["b.io/y"]);
    expect(api.client.get(widgets, key)?.metadata).toMatchObject({ generation: 2, deletionGracePeriodSeconds: 0 });
    await patch(null);
    expect(api.client.get(widgets, key)).toBeUndefined();
    expect(api.seen).toEqual([
      "ADDED a.io/x+b.io/y",
      "MODIFIED 00:00:00Z 0 a.io/x+b.io/y",
      "MODIFIED 00:00:00Z 0 b.io/y",
      "DELETED 00:00:00Z 0",
    ]);
  });

  it.each<[policy: DeleteOptions["propagationPolicy"], before: string[], after: string[] | undefined]>([
    ["Foreground", [], ["foregroundDeletion"]],
    ["Orphan", [], ["orphan"]],
    ["Orphan", ["foregroundDeletion", "a.io/x"], ["a.io/x", "orphan"]],
    ["Background", ["orphan"], undefined],
    [undefined, ["orphan"], ["orphan"]],
    [undefined, ["foregroundDeletion"], ["foregroundDeletion"]],
    [undefined, [], undefined],
  ])("with policy %s turns finalizers %j into %j", async (propagationPolicy, finalizers, after) => {
    await using api = await start();
    await api.client.create(widgets, { metadata: { ...key, finalizers } });
    const { gone } = await remove(api, propagationPolicy ? { propagationPolicy } : {});
    expect(gone).toBe(after === undefined);
    expect(api.client.get(widgets, key)?.metadata.finalizers).toEqual(after);
  });

  it("lets an object live on for its grace period, which can only be shortened", async () => {
    await using api = await start();
    await api.client.create(lingering, { metadata: key });
    expect(await remove(api, {}, lingering)).toMatchObject({ gone: false });
    await remove(api, { gracePeriodSeconds: 60 }, lingering);
    await remove(api, {}, lingering);
    await remove(api, { gracePeriodSeconds: 10 }, lingering);
    await remove(api, { gracePeriodSeconds: -1 }, lingering);
    expect(await remove(api, { gracePeriodSeconds: 0 }, lingering)).toMatchObject({ gone: true });
    expect(api.seen).toEqual([
      "ADDED",
      "MODIFIED 00:00:30Z 30",
      "MODIFIED 00:00:10Z 10",
      "MODIFIED 00:00:01Z 1",
      "MODIFIED 00:00:00Z 0",
      "DELETED 00:00:00Z 0",
    ]);
  });

  it("keeps the deletion through updates", async () => {
    await using api = await start();
    await api.client.create(lingering, { metadata: key });
    await remove(api, {}, lingering);
    const updated = await api.client.update(lingering, { metadata: { ...key }, spec: { size: 2 } });
    expect(updated.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:30Z",
      deletionGracePeriodSeconds: 30,
    });
  });

  it("holds a namespace until it is finalized", async () => {
    await using api = await start();
    const kind = api.registry.of(namespaces);
    const system = api.api.delete(kind, { name: "kube-system" }, {}, request());
    expect(await refusal(system)).toEqual([
      403,
      "Forbidden",
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    ]);
    await api.client.create(namespaces, { metadata: { name: "lab" } });
    const deleted = await api.api.delete(kind, { name: "lab" }, {}, request());
    expect(deleted).toMatchObject({ gone: false, object: { status: { phase: "Terminating" } } });
    expect(deleted.object.metadata.deletionGracePeriodSeconds).toBeUndefined();
    await api.api.update(
      kind,
      { name: "lab" },
      { metadata: { name: "lab" }, spec: { finalizers: [] } },
      request(),
      "finalize",
    );
    expect(api.client.get(namespaces, { name: "lab" })).toBeUndefined();
  });

  it("changes nothing in a dry run", async () => {
    await using api = await start();
    const first = await api.client.create(lingering, { metadata: key });
    const dry = await api.api.delete(api.registry.of(lingering), key, {}, request({ dryRun: true }));
    expect(dry).toMatchObject({ gone: false, object: { metadata: { deletionGracePeriodSeconds: 30 } } });
    expect(api.client.get(lingering, key)).toBe(first);
  });

  it("refuses when the object is not the one meant", async () => {
    await using api = await start();
    const { metadata } = await api.client.create(widgets, { metadata: key });
    expect(await refusal(remove(api, { preconditions: { uid: "other" } }))).toEqual([
      409,
      "Conflict",
      `Operation cannot be fulfilled on Widget.test.example "w": the UID in the precondition (other) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    ]);
    expect(await refusal(remove(api, { preconditions: { resourceVersion: "1" } }))).toEqual([
      409,
      "Conflict",
      `Operation cannot be fulfilled on Widget.test.example "w": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    ]);
    const right = { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
    expect(await remove(api, { preconditions: right })).toMatchObject({ gone: true });
  });

  it("refuses an unknown policy", async () => {
    await using api = await start();
    // As it may come over HTTP.
    const options = JSON.parse('{"propagationPolicy":"Sideways"}') as DeleteOptions;
    expect((await refusal(remove(api, options)))[2]).toContain(
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways"',
    );
  });
});

describe("deletecollection", () => {
  it("deletes what matches, in one transaction", async () => {
    await using api = await start();
    for (const name of ["a", "b", "c"]) {
      await api.client.create(widgets, {
        metadata: { name, namespace: "default" },
        spec: { color: name === "b" ? "red" : "blue" },
      });
    }
    let commits = 0;
    api.store.onCommit(() => commits++);
    const query = {
      namespace: "default",
      fieldSelector: [{ field: "spec.color", operator: "=" as const, value: "blue" }],
    };
    const { items } = await api.api.deleteCollection(api.registry.of(widgets), query, {}, request());
    expect(items.map((object) => object.metadata.name)).toEqual(["a", "c"]);
    expect(api.client.list(widgets).map((object) => object.metadata.name)).toEqual(["b"]);
    expect(commits).toBe(1);
  });
});
