/** The Node object and its Lease. */
import { expect, test } from "vitest";
import { leases, nodes } from "../../src/machinery/resource.ts";
import { busybox, startKubelet } from "../support/kubelet-cluster.ts";

const node = { name: "node-1" };
const sleeper = { name: "c", image: busybox, command: ["sleep", "100000"] };

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
