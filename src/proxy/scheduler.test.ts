import { expect, it } from "vitest";
import type { Target } from "./compile.ts";
import { chosenScheduler, makeScheduler, type SchedulerName } from "./scheduler.ts";

const target = (name: string, weight?: number): Target => ({
  ip: name,
  port: 80,
  ...(weight !== undefined && { weight }),
});

function picks(
  name: SchedulerName,
  targets: Target[],
  count: number,
  connections: (target: Target) => number = () => 0,
) {
  const scheduler = makeScheduler(name);
  const chosen = Array.from({ length: count }, () => targets[scheduler.pick(targets, {}, connections)]?.ip);
  return chosen.join("");
}

const [a, b, c] = [target("a"), target("b"), target("c")];

it("rr: in turn", () => {
  expect(picks("rr", [a, b, c], 4)).toBe("abca");
});

it("lc: the fewest connections; of those with as few, in turn", () => {
  const open: Record<string, number> = { a: 2, b: 0, c: 1 };
  const count = ({ ip }: Target) => open[ip] ?? 0;
  expect(picks("lc", [a, b, c], 3, count)).toBe("bbb");
  open.b = 1;
  expect(picks("lc", [a, b, c], 6, count)).toBe("bbcbbc");
});

it("wrr: by weight, without bursts, and nobody of weight 0", () => {
  expect(picks("wrr", [target("a", 5), target("b"), target("c")], 7)).toBe("aabacaa");
  expect(picks("wrr", [target("a", 0), target("b", 2), target("c")], 6)).toBe("bcbbcb");
});

it("sh: the same for the same client", () => {
  expect(new Set(picks("sh", [a, b, c], 9)).size).toBe(1);
  const scheduler = makeScheduler("sh");
  const seen = new Set(
    Array.from({ length: 50 }, (_, n) => scheduler.pick([a, b, c], { remoteAddress: `10.0.0.${n}` }, () => 0)),
  );
  expect(seen.size).toBe(3);
});

it.each([
  [undefined, undefined],
  [{ "skiff.dev/scheduler": "rr" }, undefined],
  [{ "skiff.dev/scheduler": "fastest" }, undefined],
  [{ "skiff.dev/scheduler": "lc" }, { name: "lc", weights: new Map() }],
  [
    { "skiff.dev/scheduler": "wrr", "skiff.dev/scheduler-weights": "web-0=3, web-1=1,web-2=many,=4,web-3=,web-4=0" },
    {
      name: "wrr",
      weights: new Map([
        ["web-0", 3],
        ["web-1", 1],
        ["web-4", 0],
      ]),
    },
  ],
])("%j", (annotations, choice) => {
  expect(chosenScheduler(annotations)).toEqual(choice);
});
