import { expect, test } from "vitest";
import type { Node, Pod, PodSpec } from "../machinery/types.ts";
import { misfit, unschedulableMessage } from "./fit.ts";

const node = (change: Partial<Node> = {}): Node => ({
  metadata: { name: "node-1", labels: { "kubernetes.io/hostname": "node-1", disk: "ssd", size: "5" } },
  status: { allocatable: { cpu: "2", memory: "4Gi", pods: "3" } },
  ...change,
});
const pod = (spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}): Pod => ({
  metadata: { name: "p", namespace: "default", labels },
  spec: { containers: [{ name: "c" }], ...spec },
});
const asks = (cpu: string, memory = "0"): Partial<PodSpec> => ({
  containers: [{ name: "c", resources: { requests: { cpu, memory } } }],
});

/** Why not, in the words of the Event up to the sentence about preemption; undefined when it fits. */
function why(candidate: Pod, on: Node = node(), present: Pod[] = []): string | undefined {
  const reason = misfit(candidate, on, present, () => ({ team: "a" }));
  return reason && unschedulableMessage(candidate, reason);
}

const helpless = "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
const noVictims = "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";

test.each([
  ["what asks for nothing", pod(), []],
  ["what there is room for", pod(asks("2", "4Gi")), []],
  ["beside another", pod(asks("1")), [pod(asks("1"))]],
] as [string, Pod, Pod[]][])("%s fits", (_, candidate, present) =>
  expect(why(candidate, node(), present)).toBeUndefined(),
);

test.each([
  ["more than the node has", pod(asks("3")), [], `1 Insufficient cpu. ${helpless}`],
  ["more than is left", pod(asks("1500m")), [pod(asks("1"))], `1 Insufficient cpu. ${noVictims}`],
  ["two resources", pod(asks("3", "5Gi")), [], `1 Insufficient cpu, 1 Insufficient memory. ${helpless}`],
  [
    "a resource the node does not have",
    pod({ containers: [{ name: "c", resources: { limits: { "example.com/gpu": "1" } } }] }),
    [],
    `1 Insufficient example.com/gpu. ${helpless}`,
  ],
  ["too many", pod(), [pod(), pod(), pod()], `1 Too many pods. ${noVictims}`],
] as [string, Pod, Pod[], string][])("%s", (_, candidate, present, message) => {
  expect(why(candidate, node(), present)).toBe(`0/1 nodes are available: ${message}`);
});

test("init containers count when they need more than the others together", () => {
  const spec = {
    initContainers: [{ name: "i", resources: { requests: { cpu: "3" } } }],
    containers: [{ name: "c", resources: { requests: { cpu: "1" } } }],
  };
  expect(why(pod(spec))).toContain("1 Insufficient cpu");
});

const required = (key: string, operator: string, values?: string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, ...(values && { values }) }] }],
      },
    },
  },
});

test.each([
  [{ nodeSelector: { disk: "ssd" } }, true],
  [{ nodeSelector: { disk: "hdd" } }, false],
  [required("disk", "In", ["ssd", "hdd"]), true],
  [required("disk", "NotIn", ["ssd"]), false],
  [required("none", "NotIn", ["x"]), true],
  [required("disk", "Exists"), true],
  [required("disk", "DoesNotExist"), false],
  [required("size", "Gt", ["4"]), true],
  [required("size", "Lt", ["4"]), false],
] as [Partial<PodSpec>, boolean][])("%j: %s", (spec, fits) => {
  const message = `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${helpless}`;
  expect(why(pod(spec))).toBe(fits ? undefined : message);
});

test.each([
  [[], false],
  [[{ key: "dedicated", operator: "Equal", value: "db", effect: "NoSchedule" }], true],
  [[{ key: "dedicated", value: "web" }], false],
  [[{ key: "dedicated", operator: "Exists" }], true],
  [[{ operator: "Exists" }], true],
  [[{ key: "dedicated", operator: "Exists", effect: "NoExecute" }], false],
] as [PodSpec["tolerations"] & object, boolean][])("a taint, tolerated by %j: %s", (tolerations, fits) => {
  const tainted = node({ spec: { taints: [{ key: "dedicated", value: "db", effect: "NoSchedule" }] } });
  const message = `0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: db}. ${helpless}`;
  expect(why(pod({ tolerations }), tainted)).toBe(fits ? undefined : message);
});

test("a cordoned node", () => {
  expect(why(pod(), node({ spec: { unschedulable: true } }))).toBe(
    `0/1 nodes are available: 1 node(s) were unschedulable. ${helpless}`,
  );
});

test("a node that is not cordoned any more, though its taint still says so", () => {
  const taints = [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }];
  expect(why(pod(), node({ spec: { taints } }))).toBeUndefined();
});

test("host ports", () => {
  const wants = (hostIP: string, hostPort = 80) =>
    pod({ containers: [{ name: "c", ports: [{ containerPort: 80, hostPort, hostIP }] }] });
  const message = `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${noVictims}`;
  expect(why(wants(""), node(), [wants("127.0.0.1")])).toBe(message);
  expect(why(wants("127.0.0.2"), node(), [wants("127.0.0.1")])).toBeUndefined();
  expect(why(wants("", 81), node(), [wants("")])).toBeUndefined();
});

const term = (app: string, change: object = {}) => ({
  topologyKey: "kubernetes.io/hostname",
  labelSelector: { matchLabels: { app } },
  ...change,
});
const beside = (app: string): Partial<PodSpec> => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app)] } },
});
const apart = (app: string, change: object = {}): Partial<PodSpec> => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, change)] } },
});

test.each([
  ["beside one that is there", pod(beside("db")), [pod({}, { app: "db" })], undefined],
  ["beside one that is not", pod(beside("db")), [], `1 node(s) didn't match pod affinity rules. ${helpless}`],
  ["the first of a group that wants its own kind", pod(beside("web"), { app: "web" }), [], undefined],
  [
    "apart from one that is there",
    pod(apart("web"), { app: "web" }),
    [pod({}, { app: "web" })],
    `1 node(s) didn't match pod anti-affinity rules. ${noVictims}`,
  ],
  [
    "one that is there wants it apart",
    pod({}, { app: "web" }),
    [pod(apart("web"))],
    `1 node(s) didn't satisfy existing pods anti-affinity rules. ${noVictims}`,
  ],
  [
    "apart in a topology the node has no label for",
    pod(apart("web", { topologyKey: "zone" })),
    [pod({}, { app: "web" })],
    undefined,
  ],
  [
    "apart from other namespaces, by their labels",
    pod(apart("web", { namespaceSelector: { matchLabels: { team: "a" } } })),
    [pod({}, { app: "web" })],
    `1 node(s) didn't match pod anti-affinity rules. ${noVictims}`,
  ],
] as [string, Pod, Pod[], string | undefined][])("%s", (_, candidate, present, message) => {
  expect(why(candidate, node(), present)).toBe(message && `0/1 nodes are available: ${message}`);
});

test("a topology that the node has no label for", () => {
  const topologySpreadConstraints = [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }];
  expect(why(pod({ topologySpreadConstraints }))).toContain("topology spread constraints (missing required label)");
});

test("who may not displace others is told so", () => {
  expect(why(pod({ ...asks("3"), preemptionPolicy: "Never" }))).toBe(
    "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.",
  );
});
