import { describe, expect, it } from "vitest";
import { request, startApi, type TestApi } from "../../../test/support/api.ts";
import { type Widget, widget, widgetSchemas, widgets } from "../../../test/support/widget.ts";
import { namespaces } from "../../machinery/resource.ts";
import type { Configuration } from "../api.ts";

const start = () => startApi([widget], { schemas: widgetSchemas });

function aWidget(api: TestApi, name: string, spec: Widget["spec"] = {}, namespace = "default"): Configuration {
  const body = { apiVersion: "test.example/v1", kind: "Widget", metadata: { name, namespace }, spec };
  return { kind: api.registry.of(widgets), key: { namespace, name }, body };
}

function aNamespace(api: TestApi, name: string): Configuration {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  return { kind: api.registry.of(namespaces), key: { name }, body };
}

async function apply(api: TestApi, configurations: Configuration[], overrides = {}): Promise<(string | undefined)[]> {
  const applied = await api.api.applyTogether(configurations, request({ fieldManager: "skiff", ...overrides }));
  return applied.map(({ result, error }) => result ?? error?.message);
}

describe("applyTogether", () => {
  it("tells what became of each", async () => {
    await using api = await start();
    expect(await apply(api, [aWidget(api, "a", { size: 2 }), aWidget(api, "b")])).toEqual(["created", "created"]);
    expect(await apply(api, [aWidget(api, "a", { size: 5 }), aWidget(api, "b")])).toEqual(["configured", "unchanged"]);
    expect(api.client.get(widgets, { namespace: "default", name: "a" })?.spec?.size).toBe(5);
  });

  it("lets each see those before it: a namespace and what is in it", async () => {
    await using api = await start();
    const both = [aNamespace(api, "shop"), aWidget(api, "a", {}, "shop")];
    expect(await apply(api, both, { dryRun: true })).toEqual(["created", "created"]);
    expect(api.client.get(namespaces, { name: "shop" })).toBeUndefined();
    expect(await apply(api, both)).toEqual(["created", "created"]);
    expect(api.client.get(widgets, { namespace: "shop", name: "a" })).toBeDefined();
  });

  it("applies none when one is refused", async () => {
    await using api = await start();
    const outcome = await apply(api, [
      aNamespace(api, "shop"),
      aWidget(api, "a", {}, "nowhere"),
      aWidget(api, "b", { size: -1 }, "shop"),
      aWidget(api, "c", {}, "shop"),
    ]);
    expect(outcome).toEqual([
      "created",
      'namespaces "nowhere" not found',
      expect.stringMatching(/^Widget.test.example "b" is invalid: spec.size: /),
      "created",
    ]);
    expect(api.client.get(namespaces, { name: "shop" })).toBeUndefined();
    expect(api.client.list(widgets)).toEqual([]);
  });

  it("writes everything in one transaction", async () => {
    await using api = await start();
    const seen: number[] = [];
    using _watch = api.client.watch(widgets, () => seen.push(api.client.list(widgets).length));
    await apply(api, [aWidget(api, "a"), aWidget(api, "b"), aWidget(api, "c")]);
    // Whoever is told of the first sees all of them.
    expect(seen).toEqual([3, 3, 3]);
  });

  it("makes anew what cannot be changed, where that is allowed", async () => {
    await using api = await start();
    const red = aWidget(api, "a", { color: "red" });
    const blue = aWidget(api, "a", { color: "blue" });
    await apply(api, [red]);
    const uid = () => api.client.get(widgets, { namespace: "default", name: "a" })?.metadata.uid;
    const before = uid();
    expect(await apply(api, [blue])).toEqual([expect.stringContaining("field is immutable")]);
    expect(await apply(api, [{ ...blue, replaceable: true }], { dryRun: true })).toEqual(["configured"]);
    expect(uid()).toBe(before);
    expect(await apply(api, [{ ...blue, replaceable: true }])).toEqual(["configured"]);
    expect(uid()).not.toBe(before);
    expect(await apply(api, [{ ...aWidget(api, "a", { size: -1 }), replaceable: true }])).toEqual([
      expect.stringContaining("spec.size: Invalid value: -1"),
    ]);
    expect(api.client.get(widgets, { namespace: "default", name: "a" })?.spec?.color).toBe("blue");
  });

  it("leaves the fields of others alone, and takes them over only by force", async () => {
    await using api = await start();
    await api.client.create(widgets, {
      metadata: { name: "a", namespace: "default" },
      spec: { color: "red", size: 3 },
    });
    expect(await apply(api, [aWidget(api, "a", { size: 5 })])).toEqual([
      expect.stringMatching(/^Apply failed with 1 conflict: conflict with "test" using test.example\/v1: .spec.size/),
    ]);
    expect(await apply(api, [aWidget(api, "a", { size: 5 })], { force: true })).toEqual(["configured"]);
    expect(api.client.get(widgets, { namespace: "default", name: "a" })?.spec).toMatchObject({ color: "red", size: 5 });
  });
});
