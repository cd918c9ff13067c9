/** ReplicaSets and ReplicationControllers by themselves. */
import { expect, test } from "vitest";
import { pod } from "../../src/kinds/pod/index.ts";
import { replicaSet } from "../../src/kinds/replica-set/index.ts";
import { replicationController } from "../../src/kinds/replication-controller/index.ts";
import { service } from "../../src/kinds/service/index.ts";
import {
  events,
  pods,
  replicaSets,
  replicationControllers,
  serviceAccounts,
  services,
} from "../../src/machinery/resource.ts";
import type { Traffic } from "../../src/machinery/traffic.ts";
import type { ReplicaSet } from "../../src/machinery/types.ts";
import { startControllers } from "../support/controllers.ts";

const key = { namespace: "default", name: "web" };
const labels = { app: "web" };
const container = { name: "c", image: "hostnames:1" };

function web(spec: Partial<NonNullable<ReplicaSet["spec"]>> = {}): ReplicaSet {
  return {
    metadata: { ...key },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels: { ...labels, tier: "front" } }, spec: { containers: [container] } },
      ...spec,
    },
  };
}

test("a matching Pod that nobody owns is adopted, one that matches no more is let go and replaced", async () => {
  await using cluster = await startControllers([replicaSet, pod]);
  const { client } = cluster;
  await cluster.settled();
  await client.create(pods, {
    metadata: { namespace: "default", name: "stray", labels },
    spec: { containers: [container] },
  });
  const set = await client.create(replicaSets, web());
  await cluster.settled();
  expect(client.list(pods)).toHaveLength(2);
  expect(client.get(pods, { namespace: "default", name: "stray" })?.metadata.ownerReferences).toEqual([
    {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: "web",
      uid: set.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ]);
  expect(client.get(replicaSets, key)?.status).toEqual({
    replicas: 2,
    fullyLabeledReplicas: 1,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
  });

  await client.patch(pods, { namespace: "default", name: "stray" }, "merge", {
    metadata: { labels: { app: "other" } },
  });
  await cluster.settled();
  expect(client.get(pods, { namespace: "default", name: "stray" })?.metadata.ownerReferences ?? []).toEqual([]);
  expect(client.list(pods)).toHaveLength(3);
  expect(client.get(replicaSets, key)?.status).toMatchObject({ replicas: 2, fullyLabeledReplicas: 2 });
});

test("a Pod that ended or was deleted is replaced", async () => {
  await using cluster = await startControllers([replicaSet, pod]);
  const { client } = cluster;
  await cluster.settled();
  await client.create(replicaSets, web({ replicas: 1 }));
  await cluster.settled();
  const [first] = client.list(pods);
  cluster.kubelet.behave(({ metadata }) => (metadata.uid === first?.metadata.uid ? "failed" : "ready"));
  await cluster.settled();
  expect(new Set(client.list(pods).map(({ status }) => status?.phase))).toEqual(new Set(["Failed", "Running"]));
  cluster.kubelet.holdTerminations();
  for (const { metadata } of client.list(pods))
    await client.delete(pods, { namespace: "default", name: metadata.name });
  await cluster.settled();
  expect(client.list(pods).filter(({ metadata }) => !metadata.deletionTimestamp)).toHaveLength(1);
});

test("Pods that cannot be made are told of, tried again, and the condition goes when they can", async () => {
  await using cluster = await startControllers([replicaSet, pod]);
  const { client } = cluster;
  await cluster.settled();
  const template = { metadata: { labels }, spec: { serviceAccountName: "robot", containers: [container] } };
  await client.create(replicaSets, web({ replicas: 4, template }));
  await expect.poll(() => client.get(replicaSets, key)?.status?.conditions).toBeDefined();
  expect(client.get(replicaSets, key)?.status).toMatchObject({
    replicas: 0,
    conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate" }],
  });
  const failures = client.list(events).filter(({ reason }) => reason === "FailedCreate");
  expect(failures[0]).toMatchObject({ type: "Warning", source: { component: "replicaset-controller" } });
  expect(failures[0]?.message).toMatch(
    /^Error creating: pods "web-.*" is forbidden: error looking up service account default\/robot: /,
  );
  await client.create(serviceAccounts, { metadata: { namespace: "default", name: "robot" } });
  await cluster.passes(60_000);
  expect(client.list(pods)).toHaveLength(4);
  expect(client.get(replicaSets, key)?.status?.conditions).toBeUndefined();
});

test("scaling down takes Pods that are not ready first", async () => {
  await using cluster = await startControllers([replicaSet, pod]);
  const { client } = cluster;
  await cluster.settled();
  await client.create(replicaSets, web({ replicas: 3 }));
  await cluster.settled();
  const [, unready] = client.list(pods);
  cluster.kubelet.behave(({ metadata }) => (metadata.uid === unready?.metadata.uid ? "starting" : "ready"));
  await cluster.settled();
  await client.patch(replicaSets, key, "merge", { spec: { replicas: 2 } });
  await cluster.settled();
  expect(client.list(pods).map(({ metadata }) => metadata.uid)).not.toContain(unready?.metadata.uid);
});

test("a ReplicationController does the same under its own name", async () => {
  await using cluster = await startControllers([replicationController, pod]);
  const { client } = cluster;
  await cluster.settled();
  const template = { metadata: { labels }, spec: { containers: [container] } };
  await client.create(replicationControllers, {
    metadata: { ...key },
    spec: { replicas: 2, selector: labels, template },
  });
  await cluster.settled();
  expect(client.get(replicationControllers, key)?.status).toMatchObject({ replicas: 2, availableReplicas: 2 });
  expect(client.list(pods)[0]?.metadata.ownerReferences).toMatchObject([
    { apiVersion: "v1", kind: "ReplicationController" },
  ]);
  expect(client.list(events)[0]).toMatchObject({
    reason: "SuccessfulCreate",
    source: { component: "replication-controller" },
  });
});

/** A proxy that has rules for one Service, with the Pods a test says. */
function fakeTraffic(of: string) {
  const inForce = new Set<string>();
  const listeners = new Set<(uids: ReadonlySet<string>) => void>();
  const traffic: Traffic = {
    podsInForce: (_namespace, name) => (name === of ? inForce : undefined),
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
  };
  const admit = (uid: string) => {
    inForce.add(uid);
    for (const listener of listeners) listener(new Set([uid]));
  };
  return { traffic, admit };
}

test("a ready Pod is available once its Service sends traffic to it, or after two seconds", async () => {
  const { traffic, admit } = fakeTraffic("web");
  await using cluster = await startControllers([replicaSet, pod, service], { traffic });
  const { client } = cluster;
  await cluster.settled();
  await client.create(services, { metadata: { ...key }, spec: { selector: labels, ports: [{ port: 80 }] } });
  await client.create(services, {
    metadata: { namespace: "default", name: "unseen" },
    spec: { selector: labels, ports: [{ port: 80 }] },
  });
  await client.create(replicaSets, web());
  await cluster.settled();
  expect(client.get(replicaSets, key)?.status).toMatchObject({ readyReplicas: 2 });
  expect(client.get(replicaSets, key)?.status?.availableReplicas).toBeUndefined();
  admit(client.list(pods)[0]?.metadata.uid ?? "");
  await cluster.settled();
  expect(client.get(replicaSets, key)?.status?.availableReplicas).toBe(1);
  await cluster.passes(2_000);
  expect(client.get(replicaSets, key)?.status?.availableReplicas).toBe(2);
});
