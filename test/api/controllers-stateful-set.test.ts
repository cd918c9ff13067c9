import { expect, test } from "vitest";
import { controllerRevision } from "../../src/kinds/controller-revision/index.ts";
import { pod } from "../../src/kinds/pod/index.ts";
import { statefulSet } from "../../src/kinds/stateful-set/index.ts";
import { modify } from "../../src/machinery/client.ts";
import { controllerRevisions, events, pods, statefulSets } from "../../src/machinery/resource.ts";
import type { StatefulSet } from "../../src/machinery/types.ts";
import { type Cluster, startControllers } from "../support/controllers.ts";
import { Story } from "../support/story.ts";

const key = { namespace: "default", name: "hostnames" };
type Spec = NonNullable<StatefulSet["spec"]>;

function hostnames(spec: Partial<Spec> = {}): StatefulSet {
  return {
    metadata: { ...key },
    spec: {
      replicas: 3,
      serviceName: "hostnames",
      selector: { matchLabels: { app: "hostnames" } },
      template: {
        metadata: { labels: { app: "hostnames" } },
        spec: { containers: [{ name: "c", image: "hostnames:1" }] },
      },
      ...spec,
    },
  };
}

async function begin() {
  const cluster = await startControllers([statefulSet, controllerRevision, pod]);
  await cluster.settled();
  return { cluster, story: new Story(cluster.client) };
}

async function change(cluster: Cluster, edit: (spec: Spec) => void): Promise<void> {
  await modify(cluster.client, statefulSets, key, (draft) => {
    if (draft.spec) edit(draft.spec);
  });
}

const setImage = (cluster: Cluster, image: string) =>
  change(cluster, (spec) => {
    for (const container of spec.template.spec?.containers ?? []) container.image = image;
  });

const status = (cluster: Cluster) => cluster.client.get(statefulSets, key)?.status;

/** `hostnames-0 hostnames:1` and so on. */
const running = (cluster: Cluster) =>
  cluster.client.list(pods).map(({ metadata, spec }) => `${metadata.name} ${spec?.containers[0]?.image}`);

/** Of the revisions kept, lowest first. */
const numbers = (cluster: Cluster) =>
  cluster.client
    .list(controllerRevisions)
    .map(({ revision }) => revision)
    .sort((a, b) => a - b);

const told = (cluster: Cluster) => cluster.client.list(events).map(({ message }) => message ?? "");

test("Pods come in order, each once the one before is ready", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  cluster.kubelet.behave(({ metadata }) => (metadata.name === "hostnames-1" ? "starting" : "ready"));
  await cluster.client.create(statefulSets, hostnames());
  await cluster.settled();
  expect(story.since("Pod")).toEqual(["Pod: hostnames-0 created", "Pod: hostnames-1 created"]);
  expect(status(cluster)).toMatchObject({ replicas: 2, readyReplicas: 1, availableReplicas: 1, observedGeneration: 1 });
  cluster.kubelet.behave(() => "ready");
  await cluster.settled();
  expect(story.since("Pod").at(-1)).toBe("Pod: hostnames-2 created");
  const { currentRevision, updateRevision, ...counts } = status(cluster) ?? { replicas: 0 };
  expect(counts).toEqual({
    observedGeneration: 1,
    replicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
    collisionCount: 0,
  });
  expect(currentRevision).toMatch(/^hostnames-[a-z0-9]+$/);
  expect(updateRevision).toBe(currentRevision);
  expect(told(cluster).sort()).toEqual(
    [0, 1, 2].map((n) => `create Pod hostnames-${n} in StatefulSet hostnames successful`),
  );
  const first = cluster.client.get(pods, { namespace: "default", name: "hostnames-0" });
  expect(first).toMatchObject({
    metadata: {
      generateName: "hostnames-",
      labels: {
        app: "hostnames",
        "apps.kubernetes.io/pod-index": "0",
        "controller-revision-hash": currentRevision,
        "statefulset.kubernetes.io/pod-name": "hostnames-0",
      },
    },
    spec: { hostname: "hostnames-0", subdomain: "hostnames" },
  });
});

test("a Pod that was deleted comes back under its name, once the old one is gone", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(statefulSets, hostnames());
  await cluster.settled();
  story.turn();
  cluster.kubelet.holdTerminations();
  await cluster.client.delete(pods, { namespace: "default", name: "hostnames-1" });
  await cluster.settled();
  expect(story.since("Pod")).toEqual(["Pod: hostnames-1 deleting"]);
  cluster.kubelet.finishTerminations();
  await cluster.settled();
  expect(story.since("Pod")).toEqual([
    "Pod: hostnames-1 deleting",
    "Pod: hostnames-1 gone",
    "Pod: hostnames-1 created",
  ]);
});

test("a Pod that ended is replaced", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(statefulSets, hostnames({ replicas: 1 }));
  await cluster.settled();
  const [before] = cluster.client.list(pods);
  cluster.kubelet.behave(({ metadata }) => (metadata.uid === before?.metadata.uid ? "failed" : "ready"));
  await cluster.settled();
  const [after] = cluster.client.list(pods);
  expect(after).toMatchObject({ metadata: { name: "hostnames-0" }, status: { phase: "Running" } });
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
});

test("scaling down goes from the end, scaling up goes on", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(statefulSets, hostnames());
  await cluster.settled();
  story.turn();
  for (const replicas of [1, 2]) {
    await change(cluster, (spec) => {
      spec.replicas = replicas;
    });
    await cluster.settled();
  }
  expect(story.since("Pod")).toEqual([
    "Pod: hostnames-2 deleting",
    "Pod: hostnames-2 gone",
    "Pod: hostnames-1 deleting",
    "Pod: hostnames-1 gone",
    "Pod: hostnames-1 created",
  ]);
});

test("an update replaces one Pod after the other from the end, and an undo finds the revision again", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(statefulSets, hostnames());
  await cluster.settled();
  const original = status(cluster)?.currentRevision;
  story.turn();
  await setImage(cluster, "hostnames:2");
  await cluster.settled();
  expect(story.since("Pod")).toEqual(
    [2, 1, 0]
      .flatMap((n) => [`hostnames-${n} deleting`, `hostnames-${n} gone`, `hostnames-${n} created`])
      .map((line) => `Pod: ${line}`),
  );
  expect(status(cluster)).toMatchObject({ currentReplicas: 3, updatedReplicas: 3 });
  expect(status(cluster)?.currentRevision).toBe(status(cluster)?.updateRevision);
  expect(status(cluster)?.currentRevision).not.toBe(original);
  await setImage(cluster, "hostnames:1");
  await cluster.settled();
  expect(status(cluster)?.currentRevision).toBe(original);
  expect(numbers(cluster)).toEqual([2, 3]);
});

test("a partition keeps the Pods below it as they were, even when they are replaced", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(
    statefulSets,
    hostnames({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } }),
  );
  await cluster.settled();
  await setImage(cluster, "hostnames:2");
  await cluster.settled();
  await cluster.client.delete(pods, { namespace: "default", name: "hostnames-0" });
  await cluster.settled();
  expect(running(cluster)).toEqual(["hostnames-0 hostnames:1", "hostnames-1 hostnames:1", "hostnames-2 hostnames:2"]);
  expect(status(cluster)).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 });
});

test("OnDelete: a Pod is new only after somebody deleted the old one", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(statefulSets, hostnames({ updateStrategy: { type: "OnDelete" } }));
  await cluster.settled();
  await setImage(cluster, "hostnames:2");
  await cluster.settled();
  await cluster.client.delete(pods, { namespace: "default", name: "hostnames-1" });
  await cluster.settled();
  expect(running(cluster)).toEqual(["hostnames-0 hostnames:1", "hostnames-1 hostnames:2", "hostnames-2 hostnames:1"]);
});

test("Parallel: all at once", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  cluster.kubelet.behave(() => "held");
  await cluster.client.create(statefulSets, hostnames({ podManagementPolicy: "Parallel" }));
  await cluster.settled();
  expect(story.since("Pod")).toEqual([0, 1, 2].map((n) => `Pod: hostnames-${n} created`));
});

test("minReadySeconds holds the next Pod back", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(statefulSets, hostnames({ replicas: 2, minReadySeconds: 30 }));
  await cluster.settled();
  expect(running(cluster)).toHaveLength(1);
  expect(status(cluster)).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
  await cluster.passes(31_000);
  expect(running(cluster)).toHaveLength(2);
});

test("revisions beyond the limit go, those in use stay", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(statefulSets, hostnames({ replicas: 1, revisionHistoryLimit: 1 }));
  for (const tag of [2, 3, 4]) {
    await cluster.settled();
    await setImage(cluster, `hostnames:${tag}`);
  }
  await cluster.settled();
  expect(numbers(cluster)).toEqual([3, 4]);
});

test("volume claims cannot be honoured yet: no Pod runs without what it is to keep, and an Event says why", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  const claim = {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
  await cluster.client.create(statefulSets, hostnames({ volumeClaimTemplates: [claim] }));
  await cluster.settled();
  expect(cluster.client.list(pods)).toEqual([]);
  expect(cluster.client.list(events)).toMatchObject([
    {
      type: "Warning",
      reason: "FailedCreate",
      message:
        "create Claim data-hostnames-0 Pod hostnames-0 in StatefulSet hostnames failed error: PersistentVolumeClaims are not available yet",
    },
  ]);
});

test("controllers that come and go double nothing and lose no order", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(statefulSets, hostnames());
  for (let turns = 1; turns <= 15; turns++) {
    await cluster.restart();
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    expect(cluster.client.list(controllerRevisions).length).toBeLessThanOrEqual(1);
  }
  await cluster.settled();
  expect(running(cluster)).toEqual(["hostnames-0 hostnames:1", "hostnames-1 hostnames:1", "hostnames-2 hostnames:1"]);
});
