import { expect, test } from "vitest";
import type { Stored } from "../../machinery/object.ts";
import type { Pod } from "../../machinery/types.ts";
import { podsToDelete } from "./deletion-order.ts";

const now = Date.UTC(2026, 0, 1, 1);
const secondsAgo = (seconds: number) => new Date(now - seconds * 1_000).toISOString();

interface Traits {
  unscheduled?: boolean;
  phase?: string;
  readyFor?: number;
  createdAgo?: number;
  cost?: string;
  restarts?: number;
}

function pod(name: string, traits: Traits): Stored<Pod> {
  const { unscheduled, phase = "Running", readyFor, createdAgo = 1_000, cost, restarts = 0 } = traits;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      uid: name,
      resourceVersion: "1",
      creationTimestamp: secondsAgo(createdAgo),
      ...(cost && { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
    },
    spec: { containers: [], ...(!unscheduled && { nodeName: "node-1" }) },
    status: {
      phase,
      containerStatuses: [{ name: "c", image: "", imageID: "", ready: true, restartCount: restarts }],
      ...(readyFor !== undefined && {
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: secondsAgo(readyFor) }],
      }),
    },
  };
}

test.each<[string, Traits, Traits]>([
  ["an unscheduled one before a scheduled one", { unscheduled: true, phase: "Pending" }, { phase: "Pending" }],
  ["a pending one before a running one", { phase: "Pending" }, {}],
  ["one not ready before a ready one", {}, { readyFor: 10 }],
  ["the cheaper one", { cost: "-5", readyFor: 900 }, { readyFor: 10 }],
  ["one not ready before a cheaper one", {}, { cost: "-5", readyFor: 10 }],
  ["one ready for a much shorter time", { readyFor: 10 }, { readyFor: 500 }],
  ["one that restarted more", { readyFor: 10, restarts: 2 }, { readyFor: 10, restarts: 1 }],
  ["a much younger one", { readyFor: 10, createdAgo: 20 }, { readyFor: 10, createdAgo: 900 }],
  ["any of about the same age", { readyFor: 300 }, { readyFor: 301 }],
])("%s goes first", (_what, first, second) => {
  const [a, b] = [pod("a", first), pod("b", second)];
  expect(podsToDelete([b, a], 1, now)).toEqual([a]);
});

test("a cost that is no number counts as none", () => {
  const [a, b] = [pod("a", { cost: "cheap", readyFor: 500 }), pod("b", { readyFor: 10 })];
  expect(podsToDelete([a, b], 1, now)).toEqual([b]);
});
