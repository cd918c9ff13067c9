import { expect, it } from "vitest";
import type { ContainerStatus, Pod, PodSpec } from "../../machinery/types.ts";
import { podColumns } from "./columns.ts";

const now = Date.UTC(2026, 0, 1, 0, 1, 0);
const running = { running: { startedAt: "2026-01-01T00:00:00Z" } };
const ended = (exitCode: number, fields: object = {}) => ({
  terminated: { exitCode, finishedAt: "2026-01-01T00:00:30Z", ...fields },
});
const waiting = (reason: string) => ({ waiting: { reason } });

function status(name: string, fields: Partial<ContainerStatus>): ContainerStatus {
  return { name, image: "i", imageID: "", ready: false, restartCount: 0, ...fields };
}

interface Case {
  phase?: string;
  reason?: string;
  init?: Partial<ContainerStatus>[];
  main?: Partial<ContainerStatus>[];
  conditions?: Record<string, "True" | "False">;
  sidecar?: boolean;
  deleted?: boolean;
}

function podOf({ phase = "Running", reason, init = [], main = [], conditions = {}, sidecar, deleted }: Case): Pod {
  const spec: PodSpec = {
    initContainers: init.map((_, index) => ({ name: `i${index}`, ...(sidecar && { restartPolicy: "Always" }) })),
    containers: (main.length > 0 ? main : [{}]).map((_, index) => ({ name: `c${index}` })),
  };
  return {
    metadata: { name: "p", ...(deleted && { deletionTimestamp: "2026-01-01T00:00:59Z" }) },
    spec,
    status: {
      phase,
      ...(reason && { reason }),
      conditions: Object.entries(conditions).map(([type, value]) => ({ type, status: value })),
      initContainerStatuses: init.map((fields, index) => status(`i${index}`, fields)),
      containerStatuses: main.map((fields, index) => status(`c${index}`, fields)),
    },
  };
}

function shown(pod: Pod): string {
  return ["Ready", "Status", "Restarts"]
    .map((name) => podColumns.find((column) => column.name === name)?.value(pod as never, now))
    .join(" ");
}

it.each<[expected: string, about: Case]>([
  ["0/1 Pending 0", { phase: "Pending" }],
  ["0/1 SchedulingGated 0", { phase: "Pending", conditions: {}, reason: "SchedulingGated" }],
  ["0/1 ContainerCreating 0", { phase: "Pending", main: [{ state: waiting("ContainerCreating") }] }],
  ["1/1 Running 0", { main: [{ state: running, ready: true }] }],
  ["1/2 Running 0", { main: [{ state: running, ready: true }, { state: running }] }],
  ["0/1 ErrImagePull 0", { phase: "Pending", main: [{ state: waiting("ErrImagePull") }] }],
  [
    "0/1 CrashLoopBackOff 3 (30s ago)",
    { main: [{ state: waiting("CrashLoopBackOff"), restartCount: 3, lastState: ended(1) }] },
  ],
  ["1/1 Running 1 (30s ago)", { main: [{ state: running, ready: true, restartCount: 1, lastState: ended(1) }] }],
  ["0/1 Completed 0", { phase: "Succeeded", main: [{ state: ended(0, { reason: "Completed" }) }] }],
  ["0/1 Error 0", { phase: "Failed", main: [{ state: ended(1, { reason: "Error" }) }] }],
  ["0/1 OOMKilled 0", { phase: "Failed", main: [{ state: ended(137, { reason: "OOMKilled" }) }] }],
  ["0/1 ExitCode:3 0", { phase: "Failed", main: [{ state: ended(3) }] }],
  ["0/1 Signal:9 0", { phase: "Failed", main: [{ state: ended(137, { signal: 9 }) }] }],
  ["0/1 Evicted 0", { phase: "Failed", reason: "Evicted" }],
  [
    "1/2 NotReady 0",
    { main: [{ state: running, ready: true }, { state: ended(0, { reason: "Completed" }) }].reverse() },
  ],
  [
    "1/2 Running 0",
    {
      main: [{ state: ended(0, { reason: "Completed" }) }, { state: running, ready: true }],
      conditions: { Ready: "True" },
    },
  ],
  ["1/1 Terminating 0", { main: [{ state: running, ready: true }], deleted: true }],
  ["0/1 Completed 0", { phase: "Succeeded", main: [{ state: ended(0, { reason: "Completed" }) }], deleted: true }],
  ["0/1 Init:0/2 0", { phase: "Pending", init: [{ state: running }, { state: waiting("PodInitializing") }] }],
  ["0/1 Init:1/2 0", { phase: "Pending", init: [{ state: ended(0) }, { state: running }] }],
  ["0/1 Init:Error 0", { phase: "Pending", init: [{ state: ended(1, { reason: "Error" }) }] }],
  ["0/1 Init:ExitCode:2 0", { phase: "Pending", init: [{ state: ended(2) }] }],
  [
    "0/1 Init:CrashLoopBackOff 2 (30s ago)",
    { phase: "Pending", init: [{ state: waiting("CrashLoopBackOff"), restartCount: 2, lastState: ended(1) }] },
  ],
  [
    "0/1 PodInitializing 0",
    { phase: "Pending", init: [{ state: ended(0) }], main: [{ state: waiting("PodInitializing") }] },
  ],
  [
    "2/2 Running 0",
    {
      sidecar: true,
      init: [{ state: running, started: true, ready: true }],
      main: [{ state: running, ready: true }],
      conditions: { Initialized: "True" },
    },
  ],
  ["0/2 Init:0/1 0", { phase: "Pending", sidecar: true, init: [{ state: running, started: false }] }],
])("%s", (expected, about) => expect(shown(podOf(about))).toBe(expected));
