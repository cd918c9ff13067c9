import { expect, test } from "vitest";
import { nextSeconds, printSeconds, restartAfter, restartAfterProbe, restartWithPod } from "./backoff.ts";

const minutes = 60_000;

test.each([
  { backoffSeconds: 0, ranMs: 5, waitSeconds: 0, next: 10 },
  { backoffSeconds: 10, ranMs: 5, waitSeconds: 10, next: 20 },
  { backoffSeconds: 160, ranMs: 5, waitSeconds: 160, next: 300 },
  { backoffSeconds: 300, ranMs: 5, waitSeconds: 300, next: 300 },
  { backoffSeconds: 300, ranMs: 10 * minutes, waitSeconds: 300, next: 300 },
  { backoffSeconds: 300, ranMs: 10 * minutes + 1, waitSeconds: 0, next: 10 },
])("after $backoffSeconds s and a run of $ranMs ms: $waitSeconds s", ({ backoffSeconds, ranMs, waitSeconds, next }) => {
  const createdAt = 1_000_000;
  const finishedAt = createdAt + ranMs;
  expect(restartAfter({ backoffSeconds, createdAt, finishedAt })).toEqual({
    at: finishedAt + waitSeconds * 1000,
    waitSeconds,
    nextBackoffSeconds: next,
  });
});

test.each([0, 10, 300])("with its Pod a container comes back at once, and its row of waits stays at %d s", (waited) => {
  expect(restartWithPod({ backoffSeconds: waited, createdAt: 0, finishedAt: 7_000 })).toEqual({
    at: 7_000,
    waitSeconds: 0,
    nextBackoffSeconds: waited,
  });
});

test("the row of waits", () => {
  const row = [0];
  while (row.length < 8) row.push(nextSeconds(row.at(-1) ?? 0));
  expect(row).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  expect(row.slice(1, 7).map(printSeconds)).toEqual(["10s", "20s", "40s", "1m20s", "2m40s", "5m0s"]);
});

test("ended by a probe: at once the first time, then so long after the end of the instance before", () => {
  const ended = { createdAt: 100_000, finishedAt: 160_000 };
  expect(restartAfterProbe({ ...ended, backoffSeconds: 0 }, undefined)).toEqual({
    at: 160_000,
    waitSeconds: 0,
    nextBackoffSeconds: 0,
  });
  expect(restartAfterProbe({ ...ended, backoffSeconds: 0 }, { finishedAt: 99_000 })).toEqual({
    at: 99_000,
    waitSeconds: 0,
    nextBackoffSeconds: 10,
  });
  expect(restartAfterProbe({ ...ended, backoffSeconds: 80 }, { finishedAt: 99_000 })).toEqual({
    at: 179_000,
    waitSeconds: 80,
    nextBackoffSeconds: 160,
  });
});
