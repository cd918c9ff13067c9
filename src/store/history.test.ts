import { expect, it } from "vitest";
import { type KubeObject, keyOf, type Stored } from "../machinery/object.ts";
import type { Change } from "./change.ts";
import { listAt } from "./past.ts";
import { Store } from "./store.ts";

type AnyObject = Stored<KubeObject>;

/** The same "random" numbers every time (a linear congruential generator). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

function thing(namespace: string, name: string, uid: string): AnyObject {
  const metadata = { namespace, name, uid, resourceVersion: "", creationTimestamp: "2026-01-01T00:00:00Z" };
  return { kind: "Thing", apiVersion: "v1", metadata };
}

function apply(state: Map<string, AnyObject>, { type, object }: Change): void {
  if (type === "DELETED") state.delete(keyOf(object));
  else state.set(keyOf(object), object);
}

const summary = (objects: Iterable<AnyObject>): string[] =>
  [...objects].map(({ metadata }) => `${metadata.namespace}/${metadata.name}@${metadata.resourceVersion}`).sort();

it.each([1, 2, 3, 4, 5])("of any course of writes can be told from any point of it (%i)", async (seed) => {
  const random = numbers(seed);
  const store = new Store(":memory:", { history: 150 });
  const snapshots = new Map<number, string[]>([[store.revision, []]]);
  const watched = new Map<string, AnyObject>();
  store.subscribe("things", {
    onChange: (change) => apply(watched, change),
    onFailure: (error) => expect.fail(String(error)),
  });

  for (let step = 0; step < 400; step++) {
    const writes = Array.from({ length: 1 + random(8) }, (_, index) => {
      const key = { namespace: `ns-${random(3)}`, name: `thing-${random(12)}` };
      const present = store.staged.get("things", key);
      if (present && random(3) === 0) return store.remove("things", structuredClone(present));
      return store.put(random(5) === 0 ? "others" : "things", thing(key.namespace, key.name, `${step}-${index}`));
    });
    await Promise.all(writes);
    const present = summary(store.committed.list("things"));
    expect(summary(watched.values())).toEqual(present);
    snapshots.set(store.revision, present);
  }

  let told = 0;
  for (const [revision, then] of snapshots) {
    if (revision < store.compactedRevision) {
      expect(() => listAt(store, "things", undefined, revision)).toThrow("too old resource version");
      continue;
    }
    told++;
    const past = listAt(store, "things", undefined, revision);
    expect(summary(past)).toEqual(then);
    const resumed = new Map(past.map((object) => [keyOf(object), object]));
    for (const change of store.changesAfter("things", revision)) apply(resumed, change);
    expect(summary(resumed.values())).toEqual(summary(store.committed.list("things")));
  }
  expect(told).toBeGreaterThan(20);
  expect(store.compactedRevision).toBeGreaterThan(0);
});
