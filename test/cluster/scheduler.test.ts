import { expect, test, vi } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { modify } from "../../src/machinery/client.ts";
import { ClientEventRecorder } from "../../src/machinery/client-event-recorder.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import { events, nodes, pods, serviceAccounts } from "../../src/machinery/resource.ts";
import type { PodSpec } from "../../src/machinery/types.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { startApi } from "../support/api.ts";

async function startScheduler(cpu = "2") {
  const api = await startApi(kinds);
  const { client, clock } = api;
  await client.create(serviceAccounts, { metadata: { name: "default", namespace: "default" } });
  await client.create(nodes, { metadata: { name: "node-1" } });
  await modify(
    client,
    nodes,
    { name: "node-1" },
    (node) => {
      node.status = {
        ...node.status,
        allocatable: { cpu, memory: "4Gi", pods: "110" },
        conditions: [{ type: "Ready", status: "True" }],
      };
    },
    { subresource: "status" },
  );
  const recorder = new ClientEventRecorder({ client, clock, log: silentLogger, component: "default-scheduler" });
  const kind = api.api.served("", "v1", "pods");
  if (!kind) throw new Error("pods are not served");
  const user = { name: "system:kube-scheduler", groups: ["system:masters"] };
  const scheduler = new Scheduler({
    client,
    events: recorder,
    clock,
    log: silentLogger,
    bind: async (namespace, name, uid, node) => {
      const binding = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, uid },
        target: { kind: "Node", name: node },
      };
      await api.api.createSubresource(kind, { namespace, name }, "binding", binding, {
        user,
        fieldManager: "kube-scheduler",
        warn: () => {},
      });
    },
  });
  scheduler.start();
  const key = (name: string) => ({ namespace: "default", name });
  return {
    client,
    create: (name: string, spec: Partial<PodSpec> = {}, requested = "0") =>
      client.create(pods, {
        metadata: { name, namespace: "default" },
        spec: { containers: [{ name: "c", image: "x", resources: { requests: { cpu: requested } } }], ...spec },
      }),
    pod: (name: string) => client.get(pods, key(name)),
    remove: (name: string) => client.delete(pods, key(name), { gracePeriodSeconds: 0 }),
    scheduled: (name: string) =>
      client.get(pods, key(name))?.status?.conditions?.find(({ type }) => type === "PodScheduled"),
    events: (name: string) =>
      client
        .list(events)
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ reason, message }) => `${reason}: ${message}`),
    until: (holds: () => boolean) =>
      vi.waitFor(
        () => {
          if (!holds()) throw new Error(`never came true: ${holds.toString()}`);
        },
        { timeout: 10_000, interval: 2 },
      ),
    async [Symbol.asyncDispose]() {
      await scheduler.stop();
      await api[Symbol.asyncDispose]();
    },
  };
}

test("a Pod is assigned, and says so", async () => {
  await using cluster = await startScheduler();
  await cluster.create("web");
  await cluster.until(() => cluster.pod("web")?.spec?.nodeName === "node-1");
  expect(cluster.scheduled("web")).toMatchObject({ status: "True" });
  await cluster.until(() => cluster.events("web").length > 0);
  expect(cluster.events("web")).toEqual(["Scheduled: Successfully assigned default/web to node-1"]);
});

test("an object without a node behind it gets no Pods", async () => {
  const { client, create, pod } = await startScheduler();
  await client.create(nodes, { metadata: { name: "a-nobody" } });
  await create("web");
  await vi.waitFor(() => expect(pod("web")?.spec?.nodeName).toBe("node-1"));
});

test("many at once never get more than there is", async () => {
  await using cluster = await startScheduler("2");
  await Promise.all(["a", "b", "c"].map((name) => cluster.create(name, {}, "1")));
  const assigned = () => ["a", "b", "c"].filter((name) => cluster.pod(name)?.spec?.nodeName);
  await cluster.until(() => assigned().length === 2);
  const [refused = ""] = ["a", "b", "c"].filter((name) => !assigned().includes(name));
  await cluster.until(() => cluster.scheduled(refused)?.status === "False");
  const message =
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
  expect(cluster.scheduled(refused)).toMatchObject({ reason: "Unschedulable", message });
  await cluster.until(() => cluster.events(refused).includes(`FailedScheduling: ${message}`));
  // One goes: there is room.
  await cluster.remove(assigned()[0] ?? "");
  await cluster.until(() => cluster.pod(refused)?.spec?.nodeName === "node-1");
  expect(cluster.scheduled(refused)).toMatchObject({ status: "True" });
});

test("a label on the node lets a Pod in that waited for it", async () => {
  await using cluster = await startScheduler();
  await cluster.create("web", { nodeSelector: { disk: "ssd" } });
  await cluster.until(() => cluster.scheduled("web")?.reason === "Unschedulable");
  await cluster.client.patch(nodes, { name: "node-1" }, "merge", { metadata: { labels: { disk: "ssd" } } });
  await cluster.until(() => cluster.pod("web")?.spec?.nodeName === "node-1");
});

test("gates hold a Pod back, and other schedulers' Pods are theirs", async () => {
  await using cluster = await startScheduler();
  await cluster.create("gated", { schedulingGates: [{ name: "example.com/wait" }] });
  await cluster.create("other", { schedulerName: "mine" });
  await cluster.until(() => cluster.scheduled("gated")?.reason === "SchedulingGated");
  expect(cluster.pod("other")?.spec?.nodeName).toBeUndefined();
  expect(cluster.scheduled("other")).toBeUndefined();
});
