import { expect, test } from "vitest";
import type { ContainerState, ContainerStatus } from "../machinery/types.ts";
import { podPhase } from "./pod-phase.ts";

const running: ContainerState = { running: {} };
const waiting: ContainerState = { waiting: { reason: "ContainerCreating" } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });
const status = (state: ContainerState, lastState: ContainerState = {}): ContainerStatus => ({
  name: "c",
  image: "",
  imageID: "",
  ready: false,
  restartCount: 0,
  state,
  lastState,
});

test.each<[string, string, ContainerStatus[], string]>([
  ["being made", "Always", [status(waiting)], "Pending"],
  ["one runs, one is being made", "Always", [status(running), status(waiting)], "Pending"],
  ["all run", "Always", [status(running), status(running)], "Running"],
  ["one runs, one is in back-off", "Always", [status(running), status(waiting, ended(1))], "Running"],
  ["in back-off", "Always", [status(waiting, ended(1))], "Running"],
  ["ended, to be restarted", "Always", [status(ended(0))], "Running"],
  ["ended well", "OnFailure", [status(ended(0)), status(ended(0))], "Succeeded"],
  ["failed, to be restarted", "OnFailure", [status(ended(0)), status(ended(1))], "Running"],
  ["ended well", "Never", [status(ended(0))], "Succeeded"],
  ["one failed", "Never", [status(ended(0)), status(ended(1))], "Failed"],
  ["one failed, one runs", "Never", [status(running), status(ended(1))], "Running"],
])("%s, %s", (_, restartPolicy, statuses, expected) => {
  expect(podPhase({ containers: [], restartPolicy }, [], statuses, false)).toBe(expected);
});

test("a Pod being deleted is over when nothing of it runs", () => {
  const spec = { containers: [], restartPolicy: "Always" };
  expect(podPhase(spec, [], [status(ended(0))], true)).toBe("Succeeded");
  expect(podPhase(spec, [], [status(ended(143))], true)).toBe("Failed");
  expect(podPhase(spec, [], [status(running), status(ended(1))], true)).toBe("Running");
});

test("an init container that failed for good", () => {
  const spec = { containers: [], initContainers: [{ name: "i" }], restartPolicy: "Never" };
  expect(podPhase(spec, [status(ended(1))], [status(waiting)], false)).toBe("Failed");
  expect(podPhase({ ...spec, restartPolicy: "Always" }, [status(ended(1))], [status(waiting)], false)).toBe("Pending");
});
