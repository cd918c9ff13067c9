import { describe, expect, it } from "vitest";
import { refusal, request, startApi, type TestApi } from "../../../test/support/api.ts";
import { widget, widgetSchemas, widgets } from "../../../test/support/widget.ts";
import type { PatchType } from "../../machinery/client.ts";
import type { KubeObject } from "../../machinery/object.ts";

const key = { namespace: "default", name: "w" };

async function start(): Promise<TestApi> {
  const api = await startApi([widget], { schemas: widgetSchemas });
  await api.client.create(widgets, {
    metadata: { ...key, labels: { a: "b" } },
    spec: { color: "red", parts: [{ name: "x", weight: 1 }, { name: "y" }] },
  });
  return api;
}

function patch(
  api: TestApi,
  type: PatchType,
  sent: unknown,
  overrides = {},
): Promise<{ object: KubeObject; created: boolean }> {
  return api.api.patch(api.registry.of(widgets), key, type, sent, request(overrides));
}

describe("patch", () => {
  it.each<[type: PatchType, sent: unknown, parts: unknown]>([
    ["json", [{ op: "replace", path: "/spec/parts/0/weight", value: 9 }], [{ name: "x", weight: 9 }, { name: "y" }]],
    ["merge", { spec: { parts: [{ name: "z" }] } }, [{ name: "z" }]],
    [
      "strategic",
      { spec: { parts: [{ name: "y", weight: 2 }] } },
      [
        { name: "x", weight: 1 },
        { name: "y", weight: 2 },
      ],
    ],
  ])("%s changes what it names", async (type, sent, parts) => {
    await using api = await start();
    const { object, created } = await patch(api, type, sent);
    expect(object).toMatchObject({
      spec: { color: "red", size: 1, parts },
      metadata: { generation: 2, labels: { a: "b" } },
    });
    expect(created).toBe(false);
  });

  it("is decided on what was written last, on disk or not", async () => {
    await using api = await start();
    const grow = (size: number): unknown => [
      { op: "test", path: "/spec/size", value: size },
      { op: "replace", path: "/spec/size", value: size + 1 },
    ];
    await Promise.all([1, 2, 3, 4].map((size) => patch(api, "json", grow(size))));
    expect(api.client.get(widgets, key)?.spec?.size).toBe(5);
  });

  it("obeys a resourceVersion in the patch", async () => {
    await using api = await start();
    const { resourceVersion } = api.client.get(widgets, key)?.metadata ?? {};
    await patch(api, "merge", { metadata: { resourceVersion }, spec: { size: 2 } });
    expect((await refusal(patch(api, "merge", { metadata: { resourceVersion }, spec: { size: 3 } })))[1]).toBe(
      "Conflict",
    );
  });

  it.each<[what: string, type: PatchType, sent: unknown, code: number, message: string]>([
    [
      "an unknown field, when strict",
      "strategic",
      { spec: { colour: "x", parts: [{ name: "a" }] } },
      422,
      ' "" is invalid: patch: Invalid value: "map[spec:map[colour:x parts:[map[name:a]]]]": strict decoding error: unknown field "spec.colour"',
    ],
    [
      "a wrong type",
      "strategic",
      { spec: { size: "big" } },
      422,
      ' "" is invalid: patch: Invalid value: "map[spec:map[size:big]]": json: cannot unmarshal string into Go struct field WidgetSpec.spec.size of type int32',
    ],
    [
      "another name",
      "merge",
      { metadata: { name: "z" } },
      422,
      'Widget.test.example "w" is invalid: metadata.name: Invalid value: "z": field is immutable',
    ],
    [
      "another kind",
      "merge",
      { kind: "Gadget" },
      400,
      'Gadget in version "v1" cannot be handled as a Widget: converting (v1.Gadget) to (test.Widget): unknown conversion',
    ],
  ])("refuses %s", async (_what, type, sent, code, message) => {
    await using api = await start();
    const [foundCode, , foundMessage] = await refusal(patch(api, type, sent, { fieldValidation: "Strict" }));
    expect([foundCode, foundMessage]).toEqual([code, message]);
  });

  it("does not create", async () => {
    await using api = await start();
    const missing = api.api.patch(api.registry.of(widgets), { ...key, name: "x" }, "merge", {}, request());
    expect(await refusal(missing)).toEqual([404, "NotFound", 'widgets.test.example "x" not found']);
  });
});

describe("apply", () => {
  const config = (spec: unknown): unknown => ({
    apiVersion: "test.example/v1",
    kind: "Widget",
    metadata: { name: "new" },
    spec,
  });
  const apply = (
    api: TestApi,
    fieldManager: string,
    spec: unknown,
    overrides = {},
  ): Promise<{ object: KubeObject & { spec?: unknown }; created: boolean }> =>
    api.api.patch(
      api.registry.of(widgets),
      { ...key, name: "new" },
      "apply",
      config(spec),
      request({ fieldManager, ...overrides }),
    );

  it("creates, changes, gives up and takes over fields", async () => {
    await using api = await start();
    expect(await apply(api, "one", { color: "red", size: 2 })).toMatchObject({ created: true });
    const { revision } = api.store;
    api.clock.advance(60_000);
    expect(await apply(api, "one", { color: "red", size: 2 })).toMatchObject({ created: false });
    expect(api.store.revision).toBe(revision);
    expect(await refusal(apply(api, "two", { size: 3 }))).toEqual([
      409,
      "Conflict",
      'Apply failed with 1 conflict: conflict with "one": .spec.size',
    ]);
    const { object } = await apply(api, "two", { size: 3 }, { force: true });
    expect(object).toMatchObject({ spec: { color: "red", size: 3 }, metadata: { generation: 2 } });
    const owners = object.metadata?.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1]);
    expect(owners).toEqual([
      ["one", { "f:spec": { "f:color": {} } }],
      ["two", { "f:spec": { "f:size": {} } }],
    ]);
    const left = await apply(api, "two", {});
    expect(left.object.spec).toMatchObject({ size: 1, color: "red" });
  });

  it("stores nothing in a dry run", async () => {
    await using api = await start();
    expect(await apply(api, "one", { size: 2 }, { dryRun: true })).toMatchObject({ created: true });
    expect(api.client.get(widgets, { ...key, name: "new" })).toBeUndefined();
  });

  it("needs to know who applies", async () => {
    await using api = await start();
    expect((await refusal(apply(api, "", {})))[2]).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  });

  it("refuses fields that the kind does not have", async () => {
    await using api = await start();
    const [, , message] = await refusal(apply(api, "one", { colour: "red" }));
    expect(message).toBe(
      "failed to create typed patch object (default/new; test.example/v1, Kind=Widget): .spec.colour: field not declared in schema",
    );
  });

  it("refuses another name than the URL's", async () => {
    await using api = await start();
    const named = { apiVersion: "test.example/v1", kind: "Widget", metadata: { name: "z" } };
    expect((await refusal(patch(api, "apply", named)))[2]).toBe(
      "the name of the object (z) does not match the name on the URL (w)",
    );
  });

  it("of a part changes that part, and creates nothing", async () => {
    await using api = await start();
    const kind = api.registry.of(widgets);
    const status = { apiVersion: "test.example/v1", kind: "Widget", status: { phase: "Ready" } };
    const applyTo = (name: string): Promise<{ object: KubeObject }> =>
      api.api.patch(kind, { ...key, name }, "apply", status, request({ fieldManager: "kubelet" }), "status");
    const { object } = await applyTo("w");
    expect(object).toMatchObject({ status: { phase: "Ready" }, spec: { color: "red" } });
    expect(object.metadata?.managedFields).toContainEqual(
      expect.objectContaining({ manager: "kubelet", operation: "Apply", subresource: "status" }),
    );
    expect((await refusal(applyTo("missing")))[0]).toBe(404);
  });
});
