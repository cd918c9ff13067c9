import { describe, expect, it } from "vitest";
import { refusal, request, startApi, type TestApi } from "../../../test/support/api.ts";
import { type Widget, widget, widgetSchemas, widgets } from "../../../test/support/widget.ts";
import { modify } from "../../machinery/client.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";

const key = { namespace: "default", name: "w" };

async function start(): Promise<TestApi & { first: Stored<Widget> }> {
  const api = await startApi([widget], { schemas: widgetSchemas });
  const first = await api.client.create(widgets, { metadata: { ...key, labels: { a: "b" } }, spec: { color: "red" } });
  return { ...api, first, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

function put(api: TestApi, body: unknown, overrides = {}, subresource?: string): Promise<{ object: KubeObject }> {
  return api.api.update(api.registry.of(widgets), key, body, request(overrides), subresource);
}

describe("update", () => {
  it("keeps what the server decides and raises the generation when the spec changes", async () => {
    await using api = await start();
    const { first } = api;
    const sent = {
      metadata: { name: "w", labels: { a: "c" }, generation: 7, deletionTimestamp: "2000-01-01T00:00:00Z" },
      spec: { color: "red", size: 2, number: 1 },
      status: { phase: "Forged" },
    };
    const { object } = await put(api, sent);
    expect(object).toMatchObject({
      kind: "Widget",
      metadata: { uid: first.metadata.uid, creationTimestamp: first.metadata.creationTimestamp, generation: 2 },
      spec: { size: 2 },
      status: { phase: "New" },
    });
    expect(object.metadata?.labels).toEqual({ a: "c" });
    expect(object.metadata?.deletionTimestamp).toBeUndefined();
    const relabelled = await put(api, { ...object, metadata: { ...object.metadata, labels: { a: "d" } } });
    expect(relabelled.object.metadata?.generation).toBe(2);
  });

  it("writes nothing when nothing changes", async () => {
    await using api = await start();
    const { revision } = api.store;
    api.clock.advance(60_000);
    const same = await put(api, { metadata: { name: "w", labels: { a: "b" } }, spec: { color: "red", number: 1 } });
    expect(same.object).toBe(api.first);
    expect(api.store.revision).toBe(revision);
  });

  it("acknowledges an unchanged object only when what it repeats is on disk", async () => {
    await using api = await start();
    const changing = api.client.update(widgets, { ...api.first, spec: { ...api.first.spec, size: 5 } });
    const repeated = await put(api, {
      metadata: { name: "w", labels: { a: "b" } },
      spec: { color: "red", size: 5, number: 1 },
    });
    expect(api.store.committed.get("widgets.test.example", key)).toBe(repeated.object);
    expect(await changing).toBe(repeated.object);
  });

  it("refuses a change of what has changed since", async () => {
    await using api = await start();
    const { first } = api;
    const sent = (size: number) => ({ ...first, spec: { ...first.spec, size } });
    const [one, two] = await Promise.allSettled([put(api, sent(2)), put(api, sent(3))]);
    expect(one.status).toBe("fulfilled");
    const message =
      'Operation cannot be fulfilled on widgets.test.example "w": the object has been modified; please apply your changes to the latest version and try again';
    expect(two).toMatchObject({ reason: { code: 409, reason: "Conflict", message } });
    const unconditional = { ...first.metadata, resourceVersion: "" };
    await expect(put(api, { ...sent(4), metadata: unconditional })).resolves.toMatchObject({
      object: { spec: { size: 4 } },
    });
  });

  it("lets many change one object, none losing its change", async () => {
    await using api = await start();
    const grow = (): Promise<unknown> =>
      modify(
        api.client,
        widgets,
        key,
        (object) => void (object.spec = { ...object.spec, size: (object.spec?.size ?? 0) + 1 }),
        {
          attempts: 20,
        },
      );
    await Promise.all(Array.from({ length: 10 }, grow));
    expect(api.client.get(widgets, key)?.spec?.size).toBe(11);
  });

  it("stores nothing in a dry run", async () => {
    await using api = await start();
    const { object } = await put(api, { metadata: { name: "w" }, spec: { color: "red", size: 9 } }, { dryRun: true });
    expect(object).toMatchObject({
      spec: { size: 9 },
      metadata: { resourceVersion: api.first.metadata.resourceVersion },
    });
    expect(api.client.get(widgets, key)).toBe(api.first);
  });

  it.each<[what: string, body: KubeObject & { spec?: unknown }, code: number, reason: string, message: string]>([
    [
      "another name",
      { metadata: { name: "z" } },
      400,
      "BadRequest",
      "the name of the object (z) does not match the name on the URL (w)",
    ],
    [
      "no name",
      {},
      400,
      "BadRequest",
      "the name of the object (w based on URL) was undeterminable: name must be provided",
    ],
    [
      "another namespace",
      { metadata: { name: "w", namespace: "x" } },
      400,
      "BadRequest",
      "the namespace of the object (x) does not match the namespace on the request (default)",
    ],
    [
      "a changed immutable field and a bad one",
      { metadata: { name: "w" }, spec: { color: "blue", size: -1 } },
      422,
      "Invalid",
      'Widget.test.example "w" is invalid: [spec.size: Invalid value: -1: must be greater than or equal to 0, spec.color: Invalid value: "blue": field is immutable]',
    ],
    [
      "another creationTimestamp",
      { metadata: { name: "w", creationTimestamp: "2000-01-01T00:00:00Z" }, spec: { color: "red" } },
      422,
      "Invalid",
      'Widget.test.example "w" is invalid: metadata.creationTimestamp: Invalid value: "2000-01-01T00:00:00Z": field is immutable',
    ],
  ])("refuses %s", async (_what, body, code, reason, message) => {
    await using api = await start();
    expect(await refusal(put(api, body))).toEqual([code, reason, message]);
    expect(api.client.get(widgets, key)).toBe(api.first);
  });

  it("refuses another uid: the object is not the one meant", async () => {
    await using api = await start();
    const [code, reason, message] = await refusal(put(api, { metadata: { name: "w", uid: "other" } }));
    expect([code, reason]).toEqual([409, "Conflict"]);
    expect(message).toContain(
      `Precondition failed: UID in precondition: other, UID in object meta: ${api.first.metadata.uid}`,
    );
  });

  it("does not create", async () => {
    await using api = await start();
    const missing = api.api.update(
      api.registry.of(widgets),
      { ...key, name: "x" },
      { metadata: { name: "x" } },
      request(),
    );
    expect(await refusal(missing)).toEqual([404, "NotFound", 'widgets.test.example "x" not found']);
  });
});

describe("a part of an object", () => {
  it("status: changes nothing else, and is not changed otherwise", async () => {
    await using api = await start();
    const sent = {
      metadata: { name: "w", labels: { x: "y" } },
      spec: { color: "blue", size: 7 },
      status: { phase: "Ready" },
    };
    const { object } = await put(api, sent, {}, "status");
    expect(object).toMatchObject({
      spec: { color: "red", size: 1 },
      status: { phase: "Ready" },
      metadata: { generation: 1 },
    });
    expect(object.metadata?.labels).toEqual({ a: "b" });
    expect(object.metadata?.managedFields).toEqual([
      expect.objectContaining({ fieldsV1: expect.objectContaining({ "f:spec": expect.anything() }) }),
      expect.objectContaining({ subresource: "status", fieldsV1: { "f:status": { "f:phase": {} } } }),
    ]);
  });

  it("is shown and changed as a kind of its own", async () => {
    await using api = await start();
    const kind = api.registry.of(widgets);
    expect(api.api.getSubresource(kind, key, "scale")).toMatchObject({ kind: "Scale", spec: { replicas: 1 } });
    const scaled = await put(api, { metadata: { name: "w" }, spec: { replicas: 4 } }, {}, "scale");
    expect(scaled.object).toMatchObject({ kind: "Scale", apiVersion: "autoscaling/v1", spec: { replicas: 4 } });
    expect(api.client.get(widgets, key)).toMatchObject({
      spec: { size: 4, color: "red" },
      metadata: { generation: 2 },
    });
    const patched = await api.api.patch(kind, key, "merge", { spec: { replicas: 5 } }, request(), "scale");
    expect(patched.object).toMatchObject({ kind: "Scale", spec: { replicas: 5 } });
    expect(await refusal(put(api, { metadata: { name: "w" }, spec: { replicas: -2 } }, {}, "scale"))).toEqual([
      422,
      "Invalid",
      'Scale.autoscaling "w" is invalid: spec.replicas: Invalid value: -2: must be greater than or equal to 0',
    ]);
  });

  it("obeys the object's version too", async () => {
    await using api = await start();
    const stale = { metadata: { name: "w", resourceVersion: "1" }, spec: { replicas: 4 } };
    expect((await refusal(put(api, stale, {}, "scale")))[1]).toBe("Conflict");
    expect((await refusal(put(api, { ...api.first, metadata: { name: "w", uid: "x" } }, {}, "status")))[1]).toBe(
      "Conflict",
    );
  });

  it("can be an action", async () => {
    await using api = await start();
    const kind = api.registry.of(widgets);
    const sent = { metadata: { name: "new" } };
    const answer = await api.api.createSubresource(kind, key, "rename", sent, request());
    expect(answer).toMatchObject({ kind: "ConfigMap", metadata: { name: "new" } });
    expect(api.client.get(widgets, key)?.metadata.labels).toEqual({ a: "b", renamed: "new" });
  });

  it.each<[name: string, code: number, action: (api: TestApi) => Promise<unknown>]>([
    ["nope", 404, (api) => put(api, {}, {}, "nope")],
    ["rename", 405, (api) => put(api, {}, {}, "rename")],
    ["log", 405, (api) => api.api.createSubresource(api.registry.of(widgets), key, "log", {}, request())],
    ["nope", 404, (api) => api.api.createSubresource(api.registry.of(widgets), key, "nope", {}, request())],
  ])("%s answers %i where it is none that does this", async (_name, code, action) => {
    await using api = await start();
    expect((await refusal(action(api)))[0]).toBe(code);
  });
});
