import { describe, expect, it } from "vitest";
import type { Deployment, Pod } from "../machinery/types.ts";
import { missing, podTrouble } from "./availability.ts";

describe("missing", () => {
  const available = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
  it.each<[Deployment["status"], string | undefined]>([
    [available, undefined],
    [undefined, "not looked at yet"],
    [{ ...available, observedGeneration: 0 }, "not looked at yet"],
    [{ ...available, updatedReplicas: 1 }, "1 of 2 Pods are new"],
    [{ ...available, replicas: 3 }, "1 old Pods are still ending"],
    [{ ...available, availableReplicas: 1 }, "1 of 2 Pods are available"],
  ])("%j: %s", (status, expected) => {
    const deployment = { metadata: { generation: 1 }, spec: { replicas: 2 } } as Deployment;
    expect(missing(status ? { ...deployment, status } : deployment)).toBe(expected);
  });
});

describe("podTrouble", () => {
  const web = { name: "web", image: "x", imageID: "", restartCount: 0 };
  it.each<[Pod["status"], string | undefined]>([
    [{ conditions: [{ type: "Ready", status: "True" }] }, undefined],
    [undefined, "Pending"],
    [
      { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no ports" }] },
      "Unschedulable: no ports",
    ],
    [
      {
        containerStatuses: [
          { ...web, ready: false, state: { waiting: { reason: "ErrImagePull", message: "no such" } } },
        ],
      },
      "container web: ErrImagePull, no such",
    ],
    [
      { containerStatuses: [{ ...web, ready: false, state: { terminated: { reason: "Error", exitCode: 3 } } }] },
      "container web: Error, exit code 3",
    ],
    [{ containerStatuses: [{ ...web, ready: false, state: { running: {} } }] }, "container web runs and is not ready"],
  ])("%j: %s", (status, expected) => {
    expect(podTrouble(status ? { status } : {})).toBe(expected);
  });
});
