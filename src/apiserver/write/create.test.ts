import { describe, expect, it } from "vitest";
import { configMap, refusal, request, startApi, type TestApi } from "../../../test/support/api.ts";
import { widget, widgetSchemas, widgets } from "../../../test/support/widget.ts";
import { configMaps, namespaces } from "../../machinery/resource.ts";

const start = (): Promise<TestApi> => startApi([widget, configMap], { schemas: widgetSchemas });

describe("create", () => {
  it("defaults, prepares and completes what was sent", async () => {
    await using api = await start();
    const sent = {
      metadata: {
        name: "w",
        uid: "mine",
        creationTimestamp: "2000-01-01T00:00:00Z",
        deletionTimestamp: "2000-01-01T00:00:00Z",
        generation: 9,
        selfLink: "/x",
        labels: { a: "b" },
      },
      spec: { color: "red" },
      status: { phase: "Forged" },
    };
    const created = await api.api.create(api.registry.of(widgets), "default", sent, request());
    const { managedFields: _managedFields, ...metadata } = created.metadata;
    expect({ ...created, metadata }).toEqual({
      kind: "Widget",
      apiVersion: "test.example/v1",
      metadata: {
        name: "w",
        namespace: "default",
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: String(api.store.revision),
        generation: 1,
        creationTimestamp: "2026-01-01T00:00:00Z",
        labels: { a: "b" },
      },
      spec: { color: "red", size: 1, number: 1 },
      status: { phase: "New" },
    });
    expect(metadata.uid).not.toBe("mine");
    expect(Object.keys(created).slice(0, 3)).toEqual(["kind", "apiVersion", "metadata"]);
    expect(api.api.get(api.registry.of(widgets), { namespace: "default", name: "w" })).toBe(created);
  });

  it("leaves what it was given as it was", async () => {
    await using api = await start();
    const sent = { metadata: { name: "w", namespace: "default" }, spec: {} };
    await api.client.create(widgets, sent);
    expect(sent).toEqual({ metadata: { name: "w", namespace: "default" }, spec: {} });
    expect(Object.isFrozen(sent.metadata)).toBe(false);
  });

  it("gives no number twice, though none is on disk yet", async () => {
    await using api = await start();
    const created = await Promise.all(
      ["a", "b", "c"].map((name) => api.client.create(widgets, { metadata: { name, namespace: "default" } })),
    );
    expect(created.map(({ spec }) => spec?.number)).toEqual([1, 2, 3]);
  });

  it("makes a name from generateName", async () => {
    await using api = await start();
    const metadata = { generateName: "long-".repeat(20), namespace: "default" };
    const { name } = (await api.client.create(configMaps, { metadata })).metadata;
    expect(name).toMatch(/^(long-){11}lon[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(
      (await api.client.create(configMaps, { metadata: { ...metadata, generateName: "a-" } })).metadata,
    ).toMatchObject({
      generateName: "a-",
      name: expect.stringMatching(/^a-.{5}$/),
    });
  });

  it("stores nothing in a dry run", async () => {
    await using api = await start();
    const kind = api.registry.of(configMaps);
    const created = await api.api.create(kind, "default", { metadata: { name: "dry" } }, request({ dryRun: true }));
    expect(created.metadata).toMatchObject({ name: "dry", uid: expect.any(String) });
    expect(created.metadata.resourceVersion).toBeUndefined();
    expect(api.client.get(configMaps, { namespace: "default", name: "dry" })).toBeUndefined();
  });

  it("warns of fields that it does not know or honour", async () => {
    await using api = await start();
    const body = { metadata: { name: "w" }, spec: { shape: "round", colour: "red" } };
    const context = request();
    await api.api.create(api.registry.of(widgets), "default", body, context);
    expect(context.warnings).toEqual([
      'unknown field "spec.colour"',
      "spec.shape: stored, but not honoured by Skiff yet",
    ]);
    const silent = request({ fieldValidation: "Ignore" });
    await api.api.create(api.registry.of(configMaps), "default", { metadata: { name: "c" }, x: 1 }, silent);
    expect(silent.warnings).toEqual([]);
  });

  it("refuses two of one name, even when the first is not on disk yet", async () => {
    await using api = await start();
    const create = (): Promise<unknown> =>
      api.client.create(widgets, { metadata: { name: "w", namespace: "default" } });
    const [first, second] = await Promise.allSettled([create(), create()]);
    expect(first.status).toBe("fulfilled");
    const exists = { code: 409, reason: "AlreadyExists", message: 'widgets.test.example "w" already exists' };
    expect(second).toMatchObject({ status: "rejected", reason: exists });
  });

  const subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  it.each<[what: string, namespace: string, body: unknown, code: number, reason: string | undefined, message: string]>([
    [
      "no name",
      "default",
      { metadata: {} },
      422,
      "Invalid",
      'Widget.test.example "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      "a bad name and a bad field",
      "default",
      { metadata: { name: "Bad_Name" }, spec: { size: -1 } },
      422,
      "Invalid",
      `Widget.test.example "Bad_Name" is invalid: [metadata.name: Invalid value: "Bad_Name": ${subdomain}, spec.size: Invalid value: -1: must be greater than or equal to 0]`,
    ],
    ["no such namespace", "nope", { metadata: { name: "w" } }, 404, "NotFound", 'namespaces "nope" not found'],
    [
      "another namespace",
      "default",
      { metadata: { name: "w", namespace: "other" } },
      400,
      "BadRequest",
      "the namespace of the provided object does not match the namespace sent on the request",
    ],
    [
      "another kind",
      "default",
      { apiVersion: "test.example/v1", kind: "Gadget", metadata: { name: "w" } },
      400,
      "BadRequest",
      'Gadget in version "v1" cannot be handled as a Widget: converting (v1.Gadget) to (test.Widget): unknown conversion',
    ],
    [
      "another version",
      "default",
      { apiVersion: "test.example/v1beta1", kind: "Widget", metadata: { name: "w" } },
      400,
      "BadRequest",
      "the API version in the data (test.example/v1beta1) does not match the expected API version (test.example/v1)",
    ],
    [
      "a resourceVersion",
      "default",
      { metadata: { name: "w", resourceVersion: "5" } },
      500,
      undefined,
      "resourceVersion should not be set on objects to be created",
    ],
  ])("refuses %s", async (_what, namespace, body, code, reason, message) => {
    await using api = await start();
    const work = api.api.create(api.registry.of(widgets), namespace, body, request());
    expect(await refusal(work)).toEqual([code, reason, message]);
  });

  it("refuses unknown fields when asked to be strict", async () => {
    await using api = await start();
    const body = { metadata: { name: "w" }, spec: { colour: "red", parts: [{ name: "a", wait: 1 }] } };
    const work = api.api.create(api.registry.of(widgets), "default", body, request({ fieldValidation: "Strict" }));
    expect(await refusal(work)).toEqual([
      400,
      "BadRequest",
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.colour", unknown field "spec.parts[0].wait"',
    ]);
  });

  it("refuses new content in a namespace that is being deleted", async () => {
    await using api = await startApi([configMap], { namespaces: ["lab"] });
    await api.client.delete(namespaces, { name: "lab" });
    const work = api.client.create(configMaps, { metadata: { name: "late", namespace: "lab" } });
    await expect(work).rejects.toMatchObject({
      code: 403,
      reason: "Forbidden",
      message:
        'configmaps "late" is forbidden: unable to create new content in namespace lab because it is being terminated',
      details: {
        name: "late",
        kind: "configmaps",
        causes: [
          {
            reason: "NamespaceTerminating",
            message: "namespace lab is being terminated",
            field: "metadata.namespace",
          },
        ],
      },
    });
  });
});
