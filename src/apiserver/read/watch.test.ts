import { describe, expect, it } from "vitest";
import { configMap, startApi, type TestApi } from "../../../test/support/api.ts";
import { widget, widgetSchemas, widgets } from "../../../test/support/widget.ts";
import { configMaps } from "../../machinery/resource.ts";
import { parseSelector } from "../../machinery/selector.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { ApiWatchEvent, WatchQuery } from "../api.ts";

const start = (history?: number): Promise<TestApi> =>
  startApi([widget, configMap], {
    schemas: widgetSchemas,
    namespaces: ["default", "other"],
    ...(history !== undefined && { history }),
  });

interface Watched {
  events: string[];
  ends: (Error | undefined)[];
  controller: AbortController;
}

function print({ type, object }: ApiWatchEvent): string {
  const { name = "", resourceVersion, annotations } = object.metadata ?? {};
  return [type, name, resourceVersion, ...Object.keys(annotations ?? {})].filter(Boolean).join(" ");
}

function watch(api: TestApi, query: WatchQuery = {}): Watched {
  const watched: Watched = { events: [], ends: [], controller: new AbortController() };
  const { events, ends, controller } = watched;
  const handler = (event: ApiWatchEvent): unknown => events.push(print(event));
  api.api.watch(api.registry.of(widgets), query, handler, (error) => ends.push(error), controller.signal);
  return watched;
}

const create = (api: TestApi, name: string, labels = {}, namespace = "default"): Promise<unknown> =>
  api.client.create(widgets, { metadata: { name, namespace, labels } });
const relabel = (api: TestApi, name: string, labels: Record<string, string | null>): Promise<unknown> =>
  api.client.patch(widgets, { namespace: "default", name }, "merge", { metadata: { labels } });

describe("watch", () => {
  it("begins with what is there, in order, and goes on with what changes", async () => {
    await using api = await start();
    await create(api, "b");
    await create(api, "a");
    const { events } = watch(api);
    expect(events).toEqual(["ADDED a 5", "ADDED b 4"]);
    await relabel(api, "a", { x: "y" });
    await api.client.delete(widgets, { namespace: "default", name: "b" });
    expect(events.slice(2)).toEqual(["MODIFIED a 6", "DELETED b 7"]);
  });

  it("resumes after a revision without losing or repeating anything", async () => {
    await using api = await start();
    await create(api, "a");
    const from = String(api.store.revision);
    await relabel(api, "a", { x: "1" });
    await api.client.create(configMaps, { metadata: { name: "unrelated", namespace: "default" } });
    await api.client.delete(widgets, { namespace: "default", name: "a" });
    const writing = create(api, "b");
    const { events } = watch(api, { resourceVersion: from });
    expect(events).toEqual(["MODIFIED a 5", "DELETED a 7"]);
    await writing;
    expect(events.slice(2)).toEqual(["ADDED b 8"]);
  });

  it("sees one namespace, if asked to", async () => {
    await using api = await start();
    const { events } = watch(api, { namespace: "other" });
    await create(api, "a");
    await create(api, "a", {}, "other");
    expect(events).toEqual(["ADDED a 5"]);
  });

  it.each<[resourceVersion: string | undefined]>([[undefined], ["4"]])(
    "with a selector sees objects come and go as they match (from %s)",
    async (resourceVersion) => {
      await using api = await start();
      await create(api, "a", { color: "red" });
      const query = { labelSelector: parseSelector("color=red"), ...(resourceVersion && { resourceVersion }) };
      const { events } = watch(api, query);
      events.length = 0;
      await relabel(api, "a", { size: "1" });
      await relabel(api, "a", { color: "blue" });
      await relabel(api, "a", { size: "2" });
      await relabel(api, "a", { color: "red" });
      await create(api, "b", { color: "blue" });
      await api.client.delete(widgets, { namespace: "default", name: "b" });
      await api.client.delete(widgets, { namespace: "default", name: "a" });
      const expected = ["MODIFIED a 5", "DELETED a 6", "ADDED a 8", "DELETED a 11"];
      expect(events).toEqual(expected);
      expect(watch(api, { ...query, resourceVersion: "4" }).events).toEqual(expected);
    },
  );

  it("shows the last state that matched when an object ceases to", async () => {
    await using api = await start();
    await create(api, "a", { color: "red" });
    const seen: ApiWatchEvent[] = [];
    const query = { labelSelector: parseSelector("color=red"), resourceVersion: "4" };
    const { signal } = new AbortController();
    api.api.watch(
      api.registry.of(widgets),
      query,
      (event) => seen.push(event),
      () => {},
      signal,
    );
    await relabel(api, "a", { color: "blue" });
    expect(seen).toMatchObject([
      { type: "DELETED", object: { metadata: { labels: { color: "red" }, resourceVersion: "5" } } },
    ]);
  });

  it("ends when it is aborted", async () => {
    await using api = await start();
    const { events, ends, controller } = watch(api);
    controller.abort();
    await create(api, "a");
    expect([events, ends]).toEqual([[], [undefined]]);
    expect(watch(api, {}).ends).toEqual([]);
  });

  it("cuts off a reader that fails, and nobody else", async () => {
    await using api = await start();
    const ends: (Error | undefined)[] = [];
    const { signal } = new AbortController();
    const full = (): never => {
      throw new Error("too slow");
    };
    api.api.watch(api.registry.of(widgets), {}, full, (error) => ends.push(error), signal);
    const { events } = watch(api);
    await create(api, "a");
    await create(api, "b");
    expect(ends).toMatchObject([{ message: "Internal error occurred: too slow" }]);
    expect(events).toEqual(["ADDED a 4", "ADDED b 5"]);
  });

  it("cannot begin before the log does", async () => {
    await using api = await start(10);
    await Promise.all(Array.from({ length: 1100 }, (_, index) => create(api, `w-${index}`)));
    const { events, ends } = watch(api, { resourceVersion: "5" });
    expect(events).toEqual([]);
    const message = `too old resource version: 5 (${api.store.compactedRevision})`;
    expect(ends).toMatchObject([{ code: 410, reason: "Expired", message }]);
  });

  it("waits for a revision that is yet to come", async () => {
    await using api = await start();
    const { events, ends } = watch(api, { resourceVersion: "5" });
    await create(api, "a");
    await create(api, "b");
    await create(api, "c");
    expect([events, ends]).toEqual([["ADDED c 6"], []]);
  });

  it.each<[query: WatchQuery, code: number]>([
    [{ resourceVersion: "abc" }, 500],
    [{ fieldSelector: [{ field: "spec.foo", operator: "=", value: "x" }] }, 400],
  ])("refuses %j", async (query, code) => {
    await using api = await start();
    expect(() => watch(api, query)).toThrow(StatusError);
    expect(() => watch(api, query)).toThrow(expect.objectContaining({ code }));
  });
});

describe("bookmarks", () => {
  it("end the list at the beginning of a watch", async () => {
    await using api = await start();
    await create(api, "a");
    const { events } = watch(api, { sendInitialEvents: true, allowBookmarks: true });
    expect(events).toEqual(["ADDED a 4", "BOOKMARK 4 k8s.io/initial-events-end"]);
  });

  it("tell once a minute how far the log is, when it has grown", async () => {
    await using api = await start();
    const { events, controller } = watch(api, { allowBookmarks: true });
    const silent = watch(api);
    await api.client.create(configMaps, { metadata: { name: "a", namespace: "default" } });
    await api.client.create(configMaps, { metadata: { name: "b", namespace: "default" } });
    api.clock.advance(60_000);
    api.clock.advance(600_000);
    expect(events).toEqual(["BOOKMARK 5"]);
    await api.client.create(configMaps, { metadata: { name: "c", namespace: "default" } });
    api.clock.advance(60_000);
    expect(events).toEqual(["BOOKMARK 5", "BOOKMARK 6"]);
    controller.abort();
    await api.client.create(configMaps, { metadata: { name: "d", namespace: "default" } });
    api.clock.advance(600_000);
    expect([events.length, silent.events]).toEqual([2, []]);
  });
});
