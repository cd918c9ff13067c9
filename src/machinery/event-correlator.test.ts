import { expect, test } from "vitest";
import { FakeClock } from "./clock.ts";
import { EventCorrelator, type Occurrence } from "./event-correlator.ts";

const pod = { apiVersion: "v1", kind: "Pod", namespace: "default", name: "web", uid: "1" };

function occurrence(change: Partial<Occurrence> = {}): Occurrence {
  return { about: pod, type: "Normal", reason: "Pulled", message: "here already", ...change };
}

test("an equal occurrence is counted in the Event it repeats", () => {
  const clock = new FakeClock();
  const correlator = new EventCorrelator(clock);
  const first = correlator.observe(occurrence());
  clock.advance(5_000);
  expect(correlator.observe(occurrence())).toBe(first);
  expect(first).toMatchObject({ count: 2, first: clock.now() - 5_000, last: clock.now() });
});

test.each<[string, Partial<Occurrence>]>([
  ["another message", { message: "other" }],
  ["another reason", { reason: "Created" }],
  ["another type", { type: "Warning" }],
  ["another object", { about: { ...pod, uid: "2" } }],
  ["another container", { about: { ...pod, fieldPath: "spec.containers{b}" } }],
])("%s is another Event", (_what, change) => {
  const correlator = new EventCorrelator(new FakeClock());
  correlator.observe(occurrence());
  expect(correlator.observe(occurrence(change))).toMatchObject({ count: 1 });
});

test("from the tenth different message within ten minutes on, similar Events are combined", () => {
  const correlator = new EventCorrelator(new FakeClock());
  const told = Array.from({ length: 12 }, (_, index) => correlator.observe(occurrence({ message: `m${index}` })));
  expect(new Set(told.slice(0, 9)).size).toBe(9);
  expect(told[9]).toBe(told[11]);
  expect(told[11]).toMatchObject({ count: 3, message: "(combined from similar events): m11" });
});

test("after ten quiet minutes messages are told apart again", () => {
  const clock = new FakeClock();
  const correlator = new EventCorrelator(clock);
  for (let index = 0; index < 10; index++) correlator.observe(occurrence({ message: `m${index}` }));
  clock.advance(600_001);
  expect(correlator.observe(occurrence({ message: "new" }))).toMatchObject({ message: "new", count: 1 });
});

test("one object's Events stop after 25 and come back one every five minutes", () => {
  const clock = new FakeClock();
  const correlator = new EventCorrelator(clock);
  const told = Array.from({ length: 30 }, () => correlator.observe(occurrence()));
  expect(told.filter((series) => series !== undefined)).toHaveLength(25);
  expect(correlator.observe(occurrence({ about: { ...pod, uid: "2" } }))).toBeDefined();
  clock.advance(300_000);
  expect(correlator.observe(occurrence())).toMatchObject({ count: 31 });
  expect(correlator.observe(occurrence())).toBeUndefined();
});
