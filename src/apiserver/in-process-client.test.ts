import { expect, it } from "vitest";
import { startApi, type TestApi } from "../../test/support/api.ts";
import { type Widget, widget, widgetSchemas, widgets } from "../../test/support/widget.ts";
import type { WatchEvent } from "../machinery/client.ts";
import { parseSelector } from "../machinery/selector.ts";

const start = (): Promise<TestApi> => startApi([widget], { schemas: widgetSchemas, namespaces: ["default", "other"] });
const print = ({ type, object, previous }: WatchEvent<Widget>): string =>
  `${type} ${object.metadata.name} ${previous?.spec?.size ?? "-"}→${object.spec?.size}`;

it("creates, reads, updates, patches and deletes", async () => {
  await using api = await start();
  const { client } = api;
  const created = await client.create(widgets, { metadata: { name: "w", namespace: "default" } });
  expect(client.get(widgets, created.metadata)).toBe(created);
  const updated = await client.update(widgets, { ...created, spec: { ...created.spec, size: 2 } });
  expect(client.get(widgets, created.metadata)).toBe(updated);
  await client.patch(widgets, created.metadata, "merge", { status: { phase: "Ready" } }, { subresource: "status" });
  expect(client.get(widgets, created.metadata)).toMatchObject({ spec: { size: 2 }, status: { phase: "Ready" } });
  await client.delete(widgets, created.metadata);
  expect(client.get(widgets, created.metadata)).toBeUndefined();
});

it("lists in order, by namespace and by labels", async () => {
  await using api = await start();
  for (const [namespace, name, app] of [
    ["other", "a", "x"],
    ["default", "b", "x"],
    ["default", "a", "y"],
  ] as const) {
    await api.client.create(widgets, { metadata: { namespace, name, labels: { app } } });
  }
  const names = (options = {}): string[] =>
    api.client.list(widgets, options).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  expect(names()).toEqual(["default/a", "default/b", "other/a"]);
  expect(names({ namespace: "default" })).toEqual(["default/a", "default/b"]);
  expect(names({ selector: parseSelector("app=x") })).toEqual(["default/b", "other/a"]);
});

it("watches: what is there at once, then each change with the state before, until disposed", async () => {
  await using api = await start();
  const { client } = api;
  await client.create(widgets, { metadata: { name: "a", namespace: "default" } });
  await client.create(widgets, { metadata: { name: "z", namespace: "other" } });
  const seen: string[] = [];
  const subscription = client.watch(widgets, (event) => seen.push(print(event)), { namespace: "default" });
  expect(seen).toEqual(["ADDED a -→1"]);
  await client.patch(widgets, { namespace: "default", name: "a" }, "merge", { spec: { size: 2 } });
  await client.delete(widgets, { namespace: "other", name: "z" });
  await client.delete(widgets, { namespace: "default", name: "a" });
  expect(seen.slice(1)).toEqual(["MODIFIED a 1→2", "DELETED a 2→2"]);
  subscription[Symbol.dispose]();
  await client.create(widgets, { metadata: { name: "b", namespace: "default" } });
  expect(seen).toHaveLength(3);
});

it("writes under its own name, or the one given", async () => {
  await using api = await start();
  const client = api.clientOf("system:serviceaccount:kube-system:widget-controller", "kube-controller-manager");
  const { metadata } = await client.create(widgets, {
    metadata: { name: "w", namespace: "default" },
    spec: { size: 2 },
  });
  expect(metadata.managedFields).toMatchObject([{ manager: "kube-controller-manager", operation: "Update" }]);
  const changed = await client.patch(widgets, metadata, "merge", { spec: { size: 3 } }, { fieldManager: "other" });
  expect(changed.metadata.managedFields).toMatchObject([{ manager: "other", operation: "Update" }]);
  const applied = await client.patch(
    widgets,
    metadata,
    "apply",
    { apiVersion: "test.example/v1", kind: "Widget", spec: { size: 4 } },
    { fieldManager: "applier", force: true },
  );
  expect(applied.metadata.managedFields).toMatchObject([{ manager: "applier", operation: "Apply" }]);
});

it("performs actions", async () => {
  await using api = await start();
  await api.client.create(widgets, { metadata: { name: "w", namespace: "default" } });
  const action = { metadata: { name: "w", namespace: "default" } };
  await api.client.create(widgets, action, { subresource: "rename" });
  expect(api.client.get(widgets, action.metadata)?.metadata.labels).toEqual({ renamed: "w" });
});

it("hears of warnings", async () => {
  await using api = await start();
  await api.client.create(widgets, { metadata: { name: "w", namespace: "default" }, spec: { shape: "round" } });
  expect(api.warnings).toEqual(["spec.shape: stored, but not honoured by Skiff yet"]);
});
