import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { KubeObject, Stored } from "../machinery/object.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { Change } from "./change.ts";
import { listAt } from "./past.ts";
import { Store } from "./store.ts";

type Thing = Stored<KubeObject & { data?: unknown }>;

function thing(name: string, data?: unknown, namespace = "default"): Thing {
  return {
    kind: "Thing",
    apiVersion: "v1",
    metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: "", creationTimestamp: "2026-01-01T00:00:00Z" },
    ...(data !== undefined && { data }),
  };
}

const names = (objects: readonly Stored<KubeObject>[]): string[] => objects.map((object) => object.metadata.name);
const print = (object: KubeObject | undefined): string => JSON.stringify((object as Partial<Thing>)?.data) ?? "-";
const told = ({ type, object, previous, revision }: Change): string =>
  `${revision} ${type} ${object.metadata.name} ${print(previous)}→${print(object)}`;

function temporaryFile(): { path: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "skiff-store-"));
  return {
    path: join(directory, "skiff.db"),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

describe("writing", () => {
  it("gives every write the next revision, whatever the resource", async () => {
    const store = new Store(":memory:");
    const [a, b] = await Promise.all([store.put("things", thing("a")), store.put("others", thing("b"))]);
    const last = await store.remove("things", structuredClone(a));
    expect([a, b, last].map((object) => object.metadata.resourceVersion)).toEqual(["2", "3", "4"]);
    expect(store.revision).toBe(4);
  });

  it("shows a decided write to those who decide and to nobody else until it is on disk", async () => {
    const store = new Store(":memory:");
    await store.put("things", thing("b"));
    const writing = Promise.all([
      store.put("things", thing("a")),
      store.put("things", thing("c", undefined, "another")),
      store.remove("things", thing("b")),
    ]);
    expect(names(store.staged.list("things"))).toEqual(["c", "a"]);
    expect(names(store.staged.list("things", "default"))).toEqual(["a"]);
    expect(store.staged.get("things", { namespace: "default", name: "b" })).toBeUndefined();
    expect(names(store.committed.list("things"))).toEqual(["b"]);
    await writing;
    expect(names(store.committed.list("things"))).toEqual(["c", "a"]);
  });

  it("shares one transaction among the writes of one turn of the event loop", async () => {
    const store = new Store(":memory:");
    let commits = 0;
    store.onCommit(() => commits++);
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.put("things", thing(`t-${index}`))));
    expect([commits, store.revision]).toEqual([1, 101]);
  });

  it("freezes what it stores", async () => {
    const store = new Store(":memory:");
    const object = await store.put("things", thing("a", { deep: { list: [1] } }));
    expect(() => ((object as Thing & { data: { deep: { list: number[] } } }).data.deep.list[0] = 2)).toThrow(TypeError);
  });

  it("undoes all writes of a transaction that fails, tells each, and goes on", async () => {
    const store = new Store(":memory:");
    const seen: string[] = [];
    using subscription = store.subscribe("things", { onChange: (change) => seen.push(told(change)), onFailure() {} });
    await store.put("things", thing("a", 1));
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    const results = await Promise.allSettled([
      store.put("things", thing("a", 2)),
      store.put("things", thing("unwritable", circular)),
      store.put("things", thing("b", 3)),
    ]);
    for (const result of results) {
      const error: unknown = result.status === "rejected" ? result.reason : undefined;
      expect(StatusError.is(error, "InternalError") && error.message).toContain("could not be written to disk");
    }
    expect(store.staged.list("things")).toEqual(store.committed.list("things"));
    expect(store.committed.get("things", { namespace: "default", name: "a" })).toMatchObject({ data: 1 });
    await store.put("things", thing("c", 4));
    expect(seen).toEqual(["2 ADDED a -→1", "3 ADDED c -→4"]);
    expect(store.changesAfter("things", 1).map(told)).toEqual(seen);
    expect(subscription).toBeDefined();
  });

  it("refuses writes after it was closed", async () => {
    const store = new Store(":memory:");
    store.close();
    await expect(store.put("things", thing("a"))).rejects.toMatchObject({ code: 503 });
  });
});

describe("lists", () => {
  it("are in order of namespace and name, whatever the order of writing", async () => {
    const store = new Store(":memory:");
    for (const name of ["c", "a", "d", "b"]) await store.put("things", thing(name));
    await store.put("things", thing("z", undefined, "another"));
    await store.remove("things", thing("d"));
    expect(names(store.committed.list("things"))).toEqual(["z", "a", "b", "c"]);
    expect(names(store.committed.list("things", "default"))).toEqual(["a", "b", "c"]);
    expect(store.committed.list("things", "none")).toEqual([]);
    expect(store.counts()).toEqual(new Map([["things", 4]]));
  });

  it("can show the past", async () => {
    const store = new Store(":memory:");
    await store.put("things", thing("a", 1));
    await store.put("things", thing("b", 1));
    const then = store.revision;
    const before = store.committed.list("things");
    await store.put("things", thing("a", 2));
    await store.put("things", thing("a", 3));
    await store.remove("things", thing("b", 1));
    await store.put("things", thing("c", 1));
    expect(listAt(store, "things", "default", then)).toEqual(before);
    expect(names(listAt(store, "things", undefined, store.revision))).toEqual(["a", "c"]);
    expect(listAt(store, "things", "another", then)).toEqual([]);
  });
});

describe("watching", () => {
  it("tells committed changes in order, each with the state before", async () => {
    const store = new Store(":memory:");
    const seen: string[] = [];
    await store.put("things", thing("a", 1));
    const subscription = store.subscribe("things", { onChange: (change) => seen.push(told(change)), onFailure() {} });
    const writing = Promise.all([store.put("things", thing("a", 2)), store.put("others", thing("x", 1))]);
    expect(seen).toEqual([]);
    await writing;
    await Promise.all([store.put("things", thing("a", 3)), store.remove("things", thing("a", 3))]);
    subscription[Symbol.dispose]();
    await store.put("things", thing("b", 1));
    expect(seen).toEqual(["3 MODIFIED a 1→2", "5 MODIFIED a 2→3", "6 DELETED a 3→3"]);
    expect(store.changesAfter("things", 2).map(told)).toEqual([...seen, "7 ADDED b -→1"]);
  });

  it("has told the watchers before the writer hears that it is done", async () => {
    const store = new Store(":memory:");
    const order: string[] = [];
    using subscription = store.subscribe("things", { onChange: () => order.push("watcher"), onFailure() {} });
    await store.put("things", thing("a"));
    order.push("writer");
    expect(order).toEqual(["watcher", "writer"]);
    expect(subscription).toBeDefined();
  });

  it("tells one who comes while others are told nothing that it has read already", async () => {
    const store = new Store(":memory:");
    const late: string[] = [];
    let joined = false;
    store.subscribe("things", {
      onChange() {
        if (joined) return;
        joined = true;
        late.push(...names(store.committed.list("things")));
        store.subscribe("things", { onChange: (change) => late.push(told(change)), onFailure() {} });
      },
      onFailure() {},
    });
    await Promise.all([store.put("things", thing("a", 1)), store.put("things", thing("b", 1))]);
    await store.put("things", thing("c", 1));
    expect(late).toEqual(["a", "b", "4 ADDED c -→1"]);
  });

  it("drops a subscriber that throws, and nobody else", async () => {
    const store = new Store(":memory:");
    const errors: unknown[] = [];
    const seen: string[] = [];
    const onChange = (): never => {
      throw new Error("full");
    };
    store.subscribe("things", { onChange, onFailure: (error) => errors.push(error) });
    store.subscribe("things", { onChange: (change) => seen.push(told(change)), onFailure() {} });
    await store.put("things", thing("a", 1));
    await store.put("things", thing("a", 2));
    expect(errors).toEqual([new Error("full")]);
    expect(seen).toEqual(["2 ADDED a -→1", "3 MODIFIED a 1→2"]);
  });
});

describe("the log", () => {
  it("brings everything back when it is opened again", async () => {
    using file = temporaryFile();
    const store = new Store(file.path);
    await store.put("things", thing("a", 1));
    await store.put("things", thing("gone", 1));
    const a = await store.put("things", thing("a", 2));
    await store.remove("things", thing("gone", 1));
    void store.put("things", thing("last", 1));
    store.close();

    const again = new Store(file.path);
    expect(again.revision).toBe(6);
    expect(names(again.committed.list("things"))).toEqual(["a", "last"]);
    expect(again.committed.get("things", a.metadata)).toEqual(a);
    expect(Object.isFrozen(again.committed.get("things", a.metadata)?.metadata)).toBe(true);
    expect(again.changesAfter("things", 3).map(told)).toEqual([
      "4 MODIFIED a 1→2",
      "5 DELETED gone 1→1",
      "6 ADDED last -→1",
    ]);
    again.close();
  });

  it("forgets what is older than the history, and keeps what is current", async () => {
    using file = temporaryFile();
    const store = new Store(file.path, { history: 10 });
    await store.put("things", thing("kept", "old"));
    await store.put("things", thing("gone", 1));
    await store.remove("things", thing("gone", 1));
    await Promise.all(Array.from({ length: 1100 }, (_, index) => store.put("things", thing("busy", index))));
    const { compactedRevision, revision } = store;
    expect(compactedRevision).toBe(revision - 10);
    expect(store.changesAfter("things", compactedRevision)).toHaveLength(10);
    expect(store.changesAfter("things", compactedRevision)[0]).toMatchObject({ previous: { data: 1089 } });
    expect(() => store.changesAfter("things", 5)).toThrow(`too old resource version: 5 (${compactedRevision})`);
    expect(() => listAt(store, "things", undefined, 5)).toThrow(StatusError);
    store.close();

    const again = new Store(file.path);
    expect(again.compactedRevision).toBe(compactedRevision);
    expect(again.committed.list("things").map((object) => (object as Thing).data)).toEqual([1099, "old"]);
    again.close();
  });

  it("is refused when another process has it, with the file's name", () => {
    using file = temporaryFile();
    const store = new Store(file.path);
    expect(() => new Store(file.path)).toThrow(`cannot open the database ${file.path}: another process uses it`);
    store.close();
    new Store(file.path).close();
  });

  it("is refused when it is no database", () => {
    using file = temporaryFile();
    writeFileSync(file.path, "this is a letter, and not a short one either. ".repeat(100));
    expect(() => new Store(file.path)).toThrow(`cannot open the database ${file.path}: file is not a database`);
  });
});
