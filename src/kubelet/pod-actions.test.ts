import { describe, expect, test } from "vitest";
import { containerLabels, type RuntimeContainer } from "../machinery/container-runtime.ts";
import type { Container, PodSpec } from "../machinery/types.ts";
import { specHash } from "./container-config.ts";
import { podActions } from "./pod-actions.ts";
import { podView } from "./pod-view.ts";

const now = 1_000_000;
const c: Container = { name: "c", image: "app:1" };

function instance(
  name: string,
  change: Partial<RuntimeContainer> = {},
  labels: Record<string, string> = {},
): RuntimeContainer {
  return {
    id: `${name}-${labels[containerLabels.restartCount] ?? 0}`,
    state: "running",
    image: "app:1",
    imageId: "sha256:1",
    createdAt: now - 5_000,
    startedAt: now - 4_000,
    oomKilled: false,
    error: "",
    stopSignal: "SIGTERM",
    ...change,
    labels: {
      [containerLabels.container]: name,
      [containerLabels.sandbox]: "sandbox",
      [containerLabels.specHash]: specHash({ name, image: "app:1" }),
      ...labels,
    },
  };
}

const exited = (exitCode: number, backoff = 0) =>
  [
    { state: "exited", exitCode, finishedAt: now - 1_000 },
    { [containerLabels.backoffSeconds]: String(backoff) },
  ] as const;
const sandbox: RuntimeContainer = { ...instance("x"), id: "sandbox", labels: {} };

/** The decision in short: `kill c`, `start c`, `wait c 9000`, `sandbox`. */
function decide(
  spec: Partial<PodSpec>,
  containers: RuntimeContainer[],
  facts: { failed?: string; notStarted?: string; endedByProbe?: string } = {},
): string[] {
  const actions = podActions({
    spec: { containers: [c], restartPolicy: "Always", ...spec },
    view: podView(containers),
    failedProbe: (id) => (id === facts.failed ? "liveness" : undefined),
    endedByProbe: (id) => id === facts.endedByProbe,
    started: (container) => container.name !== facts.notStarted,
    now,
  });
  return [
    ...actions.kill.map(({ container }) => `kill ${container.name}`),
    ...(actions.newSandbox ? ["sandbox"] : []),
    ...actions.start.map(({ name }) => `start ${name}`),
    ...actions.backingOff.map(({ container, restart }) => `wait ${container.name} ${restart.at - now}`),
  ];
}

describe("the Pod's own containers", () => {
  test.each<[string, Partial<PodSpec>, RuntimeContainer[], string[]]>([
    ["nothing runs", {}, [], ["sandbox"]],
    ["the sandbox runs", {}, [sandbox], ["start c"]],
    ["everything runs", {}, [sandbox, instance("c")], []],
    ["created, never started", {}, [sandbox, instance("c", { state: "created" })], ["start c"]],
    ["ended, Always", {}, [sandbox, instance("c", ...exited(0))], ["start c"]],
    ["ended, in back-off", {}, [sandbox, instance("c", ...exited(1, 10))], ["wait c 9000"]],
    [
      "ended with an earlier sandbox, whatever its back-off",
      {},
      [
        sandbox,
        instance(
          "c",
          { state: "exited", exitCode: 137, finishedAt: now - 1_000 },
          { [containerLabels.sandbox]: "old", [containerLabels.backoffSeconds]: "300" },
        ),
      ],
      ["start c"],
    ],
    ["ended well, OnFailure", { restartPolicy: "OnFailure" }, [sandbox, instance("c", ...exited(0))], []],
    ["failed, OnFailure", { restartPolicy: "OnFailure" }, [sandbox, instance("c", ...exited(1))], ["start c"]],
    ["failed, Never", { restartPolicy: "Never" }, [sandbox, instance("c", ...exited(1))], []],
    ["another image", { containers: [{ ...c, image: "app:2" }] }, [sandbox, instance("c")], ["kill c"]],
    [
      "one of two ended",
      { containers: [c, { ...c, name: "d" }] },
      [sandbox, instance("c", ...exited(1)), instance("d")],
      ["start c"],
    ],
  ])("%s", (_, spec, containers, expected) => expect(decide(spec, containers)).toEqual(expected));

  test.each<[string, Partial<RuntimeContainer>, string[]]>([
    ["an instance that ended longer ago than the wait", { finishedAt: now - 11_000 }, ["start c"]],
    ["one that ended a moment ago", { finishedAt: now - 3_000 }, ["wait c 7000"]],
  ])("ended by a probe, after %s", (_, before, expected) => {
    const earlier = instance("c", { state: "exited", exitCode: 137, ...before });
    const [change, labels] = exited(137, 10);
    const ended = instance("c", change, { ...labels, [containerLabels.restartCount]: "1" });
    expect(decide({}, [sandbox, earlier, ended], { endedByProbe: "c-1" })).toEqual(expected);
  });

  test("a failed probe", () => expect(decide({}, [sandbox, instance("c")], { failed: "c-0" })).toEqual(["kill c"]));
});

describe("without a sandbox", () => {
  const dead: RuntimeContainer = { ...sandbox, state: "exited" };
  test.each<[string, Partial<PodSpec>, RuntimeContainer[], string[]]>([
    ["what still runs ends first", {}, [dead, instance("c")], ["kill c"]],
    ["then a new one is made", {}, [dead, instance("c", ...exited(137))], ["sandbox"]],
    ["not for what is over", { restartPolicy: "Never" }, [dead, instance("c", ...exited(137))], []],
    ["nor for what ended well", { restartPolicy: "OnFailure" }, [dead, instance("c", ...exited(0))], []],
    [
      "in a new one, what ran in the old one is ended",
      {},
      [sandbox, instance("c", {}, { [containerLabels.sandbox]: "old" })],
      ["kill c"],
    ],
    [
      "in a new one, what is over stays over",
      { restartPolicy: "OnFailure", containers: [c, { ...c, name: "d" }] },
      [
        sandbox,
        instance("c", { state: "exited", exitCode: 0, finishedAt: now }, { [containerLabels.sandbox]: "old" }),
        instance("d", { state: "exited", exitCode: 1, finishedAt: now - 1 }, { [containerLabels.sandbox]: "old" }),
      ],
      ["start d"],
    ],
  ])("%s", (_, spec, containers, expected) => expect(decide(spec, containers)).toEqual(expected));
});

describe("init containers", () => {
  const first: Container = { name: "first", image: "app:1" };
  const side: Container = { name: "side", image: "app:1", restartPolicy: "Always" };
  const old = { [containerLabels.sandbox]: "old" };
  test.each<[string, Container[], RuntimeContainer[], string[]]>([
    ["the first begins", [first, side], [sandbox], ["start first"]],
    ["it runs: all wait", [first], [sandbox, instance("first")], []],
    ["it failed: again", [first], [sandbox, instance("first", ...exited(1))], ["start first"]],
    ["it is done: the others", [first], [sandbox, instance("first", ...exited(0))], ["start c"]],
    ["a sidecar is started before the next", [side, first], [sandbox], ["start side"]],
    ["and stays", [side, first], [sandbox, instance("side")], ["start first"]],
    ["a sidecar that ended restarts", [side], [sandbox, instance("side", ...exited(0)), instance("c")], ["start side"]],
    ["done and removed by somebody", [first], [sandbox, instance("c")], []],
    [
      "in a new sandbox they run again",
      [first],
      [sandbox, instance("first", { state: "exited", exitCode: 0, finishedAt: now - 1 }, old)],
      ["start first"],
    ],
  ])("%s", (_, initContainers, containers, expected) => {
    expect(decide({ initContainers }, containers)).toEqual(expected);
  });

  test("a sidecar that has not started holds the others back", () => {
    expect(decide({ initContainers: [side] }, [sandbox, instance("side")], { notStarted: "side" })).toEqual([]);
  });

  test("Never: one that failed is not repeated", () => {
    const containers = [sandbox, instance("first", ...exited(1))];
    expect(decide({ initContainers: [first], restartPolicy: "Never" }, containers)).toEqual([]);
  });
});
