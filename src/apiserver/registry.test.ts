import { expect, it } from "vitest";
import { request, startApi } from "../../test/support/api.ts";
import { type Widget, widget, widgetSchemas, widgets } from "../../test/support/widget.ts";
import { defineKind } from "../machinery/kind.ts";
import type { Stored } from "../machinery/object.ts";
import { Registry } from "./registry.ts";

/** A widget that is also served in an older version, where the size was a text called `width`. */
const twoVersions = defineKind<Widget>({
  resource: widgets,
  singular: "widget",
  schema: "test.v1.Widget",
  columns: [],
  alsoServedAs: [
    {
      group: "old.example",
      version: "v1beta1",
      schema: "test.v1.Widget",
      toStored: (object) => ({ ...object, apiVersion: "test.example/v1", kind: "Widget" }),
      fromStored: (object: Stored<Widget>) => ({ ...object, apiVersion: "old.example/v1beta1" }),
    },
  ],
});

it("finds kinds by group, version and plural, in every version", () => {
  const registry = new Registry([twoVersions]);
  expect(registry.get("test.example", "v1", "widgets")?.definition).toBe(twoVersions);
  expect(registry.get("old.example", "v1beta1", "widgets")?.definition).toBe(twoVersions);
  expect(registry.get("test.example", "v2", "widgets")).toBeUndefined();
  expect(registry.all().map(({ group }) => group)).toEqual(["test.example", "old.example"]);
  expect(() => registry.add(widget)).toThrow("two kinds are registered for test.example/v1/widgets");
  registry.remove(twoVersions);
  expect(registry.all()).toEqual([]);
  expect(() => registry.of(widgets)).toThrow("no kind is registered for widgets.test.example v1");
});

it("shows the same objects in every version", async () => {
  await using api = await startApi([twoVersions], { schemas: widgetSchemas });
  const old = api.registry.get("old.example", "v1beta1", "widgets");
  const now = api.registry.of(widgets);
  if (!old) throw new Error("it is served in two versions");
  const key = { namespace: "default", name: "w" };
  const events: (string | undefined)[] = [];
  api.api.watch(
    old,
    {},
    ({ object }) => events.push(object.apiVersion),
    () => {},
    new AbortController().signal,
  );
  const created = await api.api.create(old, "default", { metadata: { name: "w" }, spec: { size: 1 } }, request());
  expect(created.apiVersion).toBe("old.example/v1beta1");
  expect(api.api.get(now, key)).toMatchObject({ apiVersion: "test.example/v1", spec: { size: 1 } });
  expect(api.api.list(old, {}).items).toEqual([created]);
  const patched = await api.api.patch(old, key, "merge", { spec: { size: 2 } }, request());
  expect(patched.object).toMatchObject({ apiVersion: "old.example/v1beta1", spec: { size: 2 } });
  const { object } = await api.api.delete(old, key, {}, request());
  expect(object.apiVersion).toBe("old.example/v1beta1");
  expect(events).toEqual(Array(3).fill("old.example/v1beta1"));
});
