import { expect, test } from "vitest";
import type { Stored } from "../../machinery/object.ts";
import type { Pod } from "../../machinery/types.ts";
import { availabilityOf } from "./availability.ts";

const now = Date.UTC(2026, 0, 1);

function pod(readyForMs: number | undefined): Stored<Pod> {
  const since = new Date(now - (readyForMs ?? 0)).toISOString();
  const status = readyForMs === undefined ? "False" : "True";
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", uid: "p", resourceVersion: "1", creationTimestamp: since },
    status: { conditions: [{ type: "Ready", status, lastTransitionTime: since }] },
  };
}

test.each<[string, number | undefined, number, boolean, object]>([
  ["not ready", undefined, 0, true, { available: false }],
  ["just ready", 0, 0, true, { available: true }],
  ["ready too short", 4_000, 10, true, { available: false, recheckAfterMs: 6_000 }],
  ["ready long enough", 10_000, 10, true, { available: true }],
  ["ready without traffic", 500, 0, false, { available: false, recheckAfterMs: 1_500 }],
  ["ready without traffic for too long to wait", 2_000, 0, false, { available: true }],
])("%s", (_what, readyFor, minReadySeconds, traffic, expected) => {
  expect(availabilityOf(pod(readyFor), minReadySeconds, now, () => traffic)).toEqual(expected);
});
