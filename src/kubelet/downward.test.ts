import { expect, test } from "vitest";
import type { Stored } from "../machinery/object.ts";
import type { Pod } from "../machinery/types.ts";
import { fieldValue, resourceValue } from "./downward.ts";

const container = { name: "c", resources: { limits: { cpu: "1500m", memory: "64Mi" }, requests: { cpu: "250m" } } };
const pod: Stored<Pod> = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web",
    namespace: "lab",
    uid: "u1",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { b: "2", a: 'say "hi"' },
    annotations: { "example.com/x": "y" },
  },
  spec: { containers: [container, { name: "bare" }], serviceAccountName: "default" },
};
const facts = {
  podIps: ["10.244.0.5", "fd00:10:244::5"],
  hostIps: ["192.0.2.1", "2001:db8::1"],
  nodeName: "node-1",
  allocatable: { cpu: "4", memory: "8Gi" },
};

test.each([
  ["metadata.name", "web"],
  ["metadata.namespace", "lab"],
  ["metadata.uid", "u1"],
  ["metadata.labels", 'a="say \\"hi\\""\nb="2"'],
  ["metadata.labels['b']", "2"],
  ["metadata.labels['none']", ""],
  ["metadata.annotations['example.com/x']", "y"],
  ["spec.nodeName", "node-1"],
  ["spec.serviceAccountName", "default"],
  ["status.hostIP", "192.0.2.1"],
  ["status.podIP", "10.244.0.5"],
  ["status.hostIPs", "192.0.2.1,2001:db8::1"],
  ["status.podIPs", "10.244.0.5,fd00:10:244::5"],
])("%s: %j", (path, expected) => expect(fieldValue(pod, path, facts)).toBe(expected));

test("a path that has no value", () => expect(() => fieldValue(pod, "status.phase", facts)).toThrow("status.phase"));

test.each([
  [{ resource: "limits.cpu" }, "2"],
  [{ resource: "limits.cpu", divisor: "1m" }, "1500"],
  [{ resource: "requests.cpu", divisor: "1m" }, "250"],
  [{ resource: "limits.memory" }, String(64 * 1024 ** 2)],
  [{ resource: "limits.memory", divisor: "1Mi" }, "64"],
  [{ resource: "requests.memory" }, "0"],
  [{ resource: "limits.cpu", containerName: "bare" }, "4"],
  [{ resource: "limits.memory", containerName: "bare", divisor: "1Gi" }, "8"],
])("%j: %s", (reference, expected) => expect(resourceValue(pod, container, reference, facts)).toBe(expected));
