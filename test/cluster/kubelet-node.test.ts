/** The Node object and its Lease. */
import { expect, test } from "vitest";
import { events, leases, nodes } from "../../src/machinery/resource.ts";
import { busybox, startKubelet } from "../support/kubelet-cluster.ts";

const node = { name: "node-1" };
const sleeper = { name: "c", image: busybox, command: ["sleep", "100000"] };

const atStart = [
  "Starting: Starting kubelet.",
  "NodeHasSufficientMemory: Node node-1 status is now: NodeHasSufficientMemory",
  "NodeHasNoDiskPressure: Node node-1 status is now: NodeHasNoDiskPressure",
  "NodeHasSufficientPID: Node node-1 status is now: NodeHasSufficientPID",
  "NodeReady: Node node-1 status is now: NodeReady",
  "NodeAllocatableEnforced: Updated Node Allocatable limit across pods",
];

test("a start of the kubelet and the node's conditions are told of as Events", async () => {
  await using cluster = await startKubelet();
  await cluster.until(() => cluster.events("node-1").length === atStart.length);
  expect(cluster.events("node-1")).toEqual(atStart);
  const about = cluster.client.list(events).map(({ involvedObject }) => involvedObject);
  expect(about[0]).toEqual({ kind: "Node", name: "node-1", uid: "node-1" });

  cluster.runtime.disconnect();
  await cluster.until(() => cluster.events("node-1").length === atStart.length + 1);
  expect(cluster.events("node-1").at(-1)).toBe("NodeNotReady: Node node-1 status is now: NodeNotReady");
  cluster.runtime.reconnect();
  const ready = () => cluster.client.list(events).find(({ reason }) => reason === "NodeReady");
  await cluster.until(() => ready()?.count === 2);

  await cluster.restartKubelet();
  await cluster.until(() => cluster.events("node-1").length === 2 * atStart.length + 1);
  expect(cluster.events("node-1").slice(-atStart.length)).toEqual(atStart);
});

test("a Node that is deleted comes back, Ready, with a Lease of its own; its Pods run on", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  const before = cluster.instances("web");
  const first = cluster.client.get(nodes, node);
  await cluster.client.delete(nodes, node);
  const again = () => cluster.client.get(nodes, node);
  await cluster.until(() => {
    const lease = cluster.client.get(leases, { namespace: "kube-node-lease", ...node });
    return lease?.metadata.ownerReferences?.[0]?.uid === again()?.metadata.uid;
  });
  expect(again()?.metadata.uid).not.toBe(first?.metadata.uid);
  expect(again()?.metadata.labels).toEqual(first?.metadata.labels);
  expect(again()?.status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
  expect(cluster.instances("web")).toEqual(before);
});
