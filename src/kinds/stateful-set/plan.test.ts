import { expect, test } from "vitest";
import type { Stored } from "../../machinery/object.ts";
import type { StatefulSet } from "../../machinery/types.ts";
import { newPod } from "./identity.ts";
import { type Member, planSteps } from "./plan.ts";

interface SetTraits {
  replicas?: number;
  start?: number;
  parallel?: boolean;
  partition?: number;
  onDelete?: boolean;
}

function set(traits: SetTraits): Stored<StatefulSet> {
  const { replicas = 3, start, parallel, partition = 0, onDelete } = traits;
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "web", namespace: "default", uid: "s", resourceVersion: "1", creationTimestamp: "" },
    spec: {
      replicas,
      serviceName: "web",
      selector: {},
      template: {},
      podManagementPolicy: parallel ? "Parallel" : "OrderedReady",
      updateStrategy: onDelete ? { type: "OnDelete" } : { type: "RollingUpdate", rollingUpdate: { partition } },
      ...(start !== undefined && { ordinals: { start } }),
    },
  };
}

/** `3 old starting` and the like: an ordinal, its revision, its state. */
function member(of: Stored<StatefulSet>, text: string): Member {
  const [ordinal = "", ...words] = text.split(" ");
  const pod = newPod(of, Number(ordinal), {}, words.includes("old") ? "r1" : "r2");
  const ended = words.includes("ended");
  const metadata = {
    ...pod.metadata,
    name: pod.metadata?.name ?? "",
    uid: ordinal,
    resourceVersion: "1",
    creationTimestamp: "",
    ...(words.includes("leaving") && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    ...(words.includes("unlabelled") && { labels: {} }),
  };
  return {
    pod: { ...pod, apiVersion: "v1", kind: "Pod", metadata, status: { phase: ended ? "Failed" : "Running" } },
    available: !ended && !words.includes("starting"),
  };
}

interface Case extends SetTraits {
  what: string;
  pods: string[];
  steps: string;
}

test.each<Case>([
  { what: "the first Pod first", pods: [], steps: "create 0 update" },
  { what: "the next only once the one before is available", pods: ["0 starting"], steps: "" },
  { what: "the next then", pods: ["0"], steps: "create 1 update" },
  { what: "a gap before anything else", pods: ["0", "2"], steps: "create 1 update" },
  { what: "nothing when all is well", pods: ["0", "1", "2"], steps: "" },
  { what: "nothing while one is leaving", pods: ["0", "1 leaving"], steps: "" },
  { what: "one that ended is replaced", pods: ["0 ended", "1", "2"], steps: "delete 0" },
  { what: "one that ended and is leaving is waited for", pods: ["0 ended leaving", "1"], steps: "" },
  { what: "a lost label is put back", pods: ["0", "1 unlabelled", "2"], steps: "relabel 1; delete 1" },
  { what: "ordinals may start elsewhere", start: 5, replicas: 2, pods: ["5", "0"], steps: "create 6 update" },
  { what: "and what is below goes", start: 5, replicas: 1, pods: ["5", "0"], steps: "delete 0" },

  { what: "the highest goes first", replicas: 1, pods: ["0", "1", "2"], steps: "delete 2" },
  { what: "one at a time", replicas: 1, pods: ["0", "1", "2 leaving"], steps: "" },
  { what: "none while another is unavailable", replicas: 1, pods: ["0", "1 starting", "2"], steps: "delete 2" },
  { what: "unless it is itself", replicas: 1, pods: ["0", "1", "2 starting"], steps: "delete 2" },
  { what: "a starting one waits for one before it", replicas: 1, pods: ["0", "1 starting", "2 starting"], steps: "" },
  { what: "none while one that stays is unavailable", replicas: 1, pods: ["0 starting", "1"], steps: "" },
  { what: "all of them", replicas: 0, pods: ["0"], steps: "delete 0" },

  { what: "an update begins at the end", pods: ["0 old", "1 old", "2 old"], steps: "delete 2" },
  { what: "comes back new", pods: ["0 old", "1 old"], steps: "create 2 update" },
  { what: "waits", pods: ["0 old", "1 old", "2 starting"], steps: "" },
  { what: "goes on downwards", pods: ["0 old", "1 old", "2"], steps: "delete 1" },
  { what: "stops at the partition", partition: 2, pods: ["0 old", "1 old", "2"], steps: "" },
  { what: "below it Pods come back as they were", partition: 2, pods: ["0 old"], steps: "create 1 current" },
  { what: "never by itself", onDelete: true, pods: ["0 old", "1 old", "2 old"], steps: "" },
  { what: "but when deleted", onDelete: true, pods: ["0 old", "2 old"], steps: "create 1 update" },

  { what: "all at once", parallel: true, pods: ["1 starting"], steps: "create 0 update; create 2 update" },
  { what: "all that are too many", parallel: true, replicas: 1, pods: ["0", "1", "2"], steps: "delete 2; delete 1" },
  { what: "an update still one by one", parallel: true, pods: ["0 old", "1 old", "2"], steps: "delete 1" },
  { what: "and waits", parallel: true, pods: ["0 old", "1 old", "2 starting"], steps: "" },
])("$what: $pods of $replicas", ({ pods, steps, ...traits }) => {
  const of = set(traits);
  const planned = planSteps(
    of,
    pods.map((text) => member(of, text)),
    "r2",
  ).map((step) => {
    const place = step.do === "create" ? `${step.ordinal} ${step.revision}` : step.pod.metadata.uid;
    return `${step.do} ${place}`;
  });
  expect(planned.join("; ")).toBe(steps);
});

test("a Pod has its name, hostname, domain and labels by its place", () => {
  expect(
    newPod(set({}), 2, { metadata: { labels: { app: "web" } }, spec: { containers: [] } }, "web-abc"),
  ).toMatchObject({
    metadata: {
      name: "web-2",
      generateName: "web-",
      labels: {
        app: "web",
        "controller-revision-hash": "web-abc",
        "statefulset.kubernetes.io/pod-name": "web-2",
        "apps.kubernetes.io/pod-index": "2",
      },
    },
    spec: { hostname: "web-2", subdomain: "web" },
  });
});
