/** Deployments on the real API: the order of changes and Events is that of a Kubernetes cluster doing the same. */
import { expect, test } from "vitest";
import { deployment } from "../../src/kinds/deployment/index.ts";
import { pod } from "../../src/kinds/pod/index.ts";
import { replicaSet } from "../../src/kinds/replica-set/index.ts";
import { modify } from "../../src/machinery/client.ts";
import type { Stored } from "../../src/machinery/object.ts";
import { deployments, pods, replicaSets } from "../../src/machinery/resource.ts";
import type { Deployment } from "../../src/machinery/types.ts";
import { type Cluster, startControllers } from "../support/controllers.ts";
import { Story } from "../support/story.ts";

const key = { namespace: "default", name: "web" };

function web(spec: Partial<NonNullable<Deployment["spec"]>> = {}): Deployment {
  return {
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: { containers: [{ name: "c", image: "hostnames:1" }] },
      },
      ...spec,
    },
  };
}

async function begin() {
  const cluster = await startControllers([deployment, replicaSet, pod]);
  await cluster.settled();
  return { cluster, story: new Story(cluster.client) };
}

async function change(cluster: Cluster, edit: (spec: NonNullable<Deployment["spec"]>) => void) {
  await modify(cluster.client, deployments, key, (draft) => {
    if (draft.spec) edit(draft.spec);
  });
}

const setImage = (cluster: Cluster, image: string) =>
  change(cluster, (spec) => {
    for (const container of spec.template.spec?.containers ?? []) container.image = image;
  });

const current = (cluster: Cluster): Stored<Deployment> | undefined => cluster.client.get(deployments, key);

const progressing = (cluster: Cluster) =>
  current(cluster)?.status?.conditions?.find((condition) => condition.type === "Progressing");

/** `hostnames:1 x2`, of Pods that are not being deleted. */
function running(cluster: Cluster): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { metadata, spec } of cluster.client.list(pods)) {
    const image = spec?.containers[0]?.image ?? "";
    if (!metadata.deletionTimestamp) counts[image] = (counts[image] ?? 0) + 1;
  }
  return counts;
}

test("creation", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  cluster.kubelet.behave(() => "held");
  await cluster.client.create(deployments, web());
  await cluster.settled();
  cluster.kubelet.behave(() => "ready");
  await cluster.settled();
  expect(story.since("Deployment").filter((line) => line.includes("revision"))).toEqual([
    "Deployment: 0/1 of 2: 0 replicas 0 updated 0 ready 0 available 0 not revision 1",
    "Deployment: 0/1 of 2: 0 replicas 0 updated 0 ready 0 available 0 not Progressing=True(NewReplicaSetCreated) revision 1",
    "Deployment: 1/1 of 2: 0 replicas 0 updated 0 ready 0 available 2 not Progressing=True(NewReplicaSetCreated) Available=False(MinimumReplicasUnavailable) revision 1",
    "Deployment: 1/1 of 2: 2 replicas 2 updated 0 ready 0 available 2 not Available=False(MinimumReplicasUnavailable) Progressing=True(ReplicaSetUpdated) revision 1",
    ...story.since("Deployment").filter((line) => line.includes(" 1 ready")),
    "Deployment: 1/1 of 2: 2 replicas 2 updated 2 ready 2 available 0 not Available=True(MinimumReplicasAvailable) Progressing=True(NewReplicaSetAvailable) revision 1",
  ]);
  expect(story.since("ReplicaSet").slice(0, 3)).toEqual([
    "ReplicaSet A: 0/1 of 2: 0 replicas 0 ready 0 available",
    "ReplicaSet A: 1/1 of 2: 0 replicas 0 ready 0 available",
    "ReplicaSet A: 1/1 of 2: 2 replicas 0 ready 0 available",
  ]);
  expect(story.since("Event deployment", "Event replicaset")).toEqual([
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled up replica set A from 0 to 2",
    "Event replicaset-controller: Normal SuccessfulCreate: Created pod: A-*",
  ]);
  expect(progressing(cluster)?.message).toMatch(/^ReplicaSet "web-[a-z0-9]+" has successfully progressed\.$/);
});

test("rolling update", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web());
  await cluster.settled();
  story.turn();
  await setImage(cluster, "hostnames:2");
  await cluster.settled();
  expect(story.since("Event deployment")).toEqual([
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled up replica set B from 0 to 1",
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled down replica set A from 2 to 1",
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled up replica set B from 1 to 2",
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled down replica set A from 1 to 0",
  ]);
  expect(story.since("Pod")).toEqual([
    "Pod: B-* created",
    "Pod: A-* deleting",
    "Pod: A-* gone",
    "Pod: B-* created",
    "Pod: A-* deleting",
    "Pod: A-* gone",
  ]);
  // Never fewer than 2 available, as 25 % of 2 rounds down to none.
  for (const line of story.since("Deployment")) expect(line).toMatch(/ [23] available/);
  expect(story.since("Deployment").at(-1)).toBe(
    "Deployment: 2/2 of 2: 2 replicas 2 updated 2 ready 2 available 0 not Available=True(MinimumReplicasAvailable) Progressing=True(NewReplicaSetAvailable) revision 2",
  );
  expect(running(cluster)).toEqual({ "hostnames:2": 2 });
});

test("scaling down and up, to nothing and back", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web());
  await cluster.settled();
  for (const replicas of [1, 5, 0, 3]) {
    await change(cluster, (spec) => {
      spec.replicas = replicas;
    });
    await cluster.settled();
    expect(cluster.client.list(pods)).toHaveLength(replicas);
  }
  expect(story.since("Event deployment")).toEqual([
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled up replica set A from 0 to 2",
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled down replica set A from 2 to 1",
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled up replica set A from 1 to 5",
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled down replica set A from 5 to 0",
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled up replica set A from 0 to 3",
  ]);
  expect(progressing(cluster)?.reason).toBe("NewReplicaSetAvailable");
});

test("an image that does not start stalls the rollout, old Pods stay, and undoing it brings the old revision back", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  cluster.kubelet.behave(({ spec }) => (spec?.containers[0]?.image === "nosuch:1" ? "starting" : "ready"));
  await cluster.client.create(deployments, web({ progressDeadlineSeconds: 60 }));
  await cluster.settled();
  await setImage(cluster, "nosuch:1");
  await cluster.settled();
  expect(running(cluster)).toEqual({ "hostnames:1": 2, "nosuch:1": 1 });
  expect(progressing(cluster)).toMatchObject({ status: "True", reason: "ReplicaSetUpdated" });
  await cluster.passes(62_000);
  const [, stalled] = cluster.client.list(replicaSets).map(({ metadata }) => metadata.name);
  expect(progressing(cluster)).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
  expect(progressing(cluster)?.message).toMatch(/has timed out progressing\.$/);
  expect(stalled).toBeDefined();
  expect(running(cluster)).toEqual({ "hostnames:1": 2, "nosuch:1": 1 });
  story.turn();

  await setImage(cluster, "hostnames:1");
  await cluster.settled();
  expect(running(cluster)).toEqual({ "hostnames:1": 2 });
  expect(current(cluster)?.metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("3");
  expect(story.since("Event deployment").at(-1)).toBe(
    "Event deployment-controller: Normal ScalingReplicaSet: Scaled down replica set B from 1 to 0",
  );
  expect(progressing(cluster)).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
});

test("history: each template has its revision, an undone one the newest, and old ones go", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web({ revisionHistoryLimit: 2 }));
  await cluster.settled();
  const history = () =>
    Object.fromEntries(
      cluster.client.list(replicaSets).map(({ metadata, spec }) => {
        const image = spec?.template?.spec?.containers[0]?.image ?? "";
        return [image, metadata.annotations?.["deployment.kubernetes.io/revision"]];
      }),
    );
  await setImage(cluster, "hostnames:2");
  await cluster.settled();
  expect(history()).toEqual({ "hostnames:1": "1", "hostnames:2": "2" });
  await setImage(cluster, "hostnames:1");
  await cluster.settled();
  expect(history()).toEqual({ "hostnames:1": "3", "hostnames:2": "2" });
  for (const image of ["hostnames:3", "hostnames:4"]) {
    await setImage(cluster, image);
    await cluster.settled();
  }
  expect(history()).toEqual({ "hostnames:1": "3", "hostnames:3": "4", "hostnames:4": "5" });
});

test("a change's cause goes to its ReplicaSet", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web());
  await cluster.settled();
  const annotations = { "kubernetes.io/change-cause": "first" };
  await cluster.client.patch(deployments, key, "merge", { metadata: { annotations } });
  await cluster.settled();
  expect(cluster.client.list(replicaSets)[0]?.metadata.annotations).toMatchObject(annotations);
});

test("Recreate: all old Pods are gone before there is a new one", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web({ strategy: { type: "Recreate" } }));
  await cluster.settled();
  story.turn();
  cluster.kubelet.holdTerminations();
  await setImage(cluster, "hostnames:2");
  await cluster.settled();
  expect(story.since("Pod")).toEqual(["Pod: A-* deleting"]);
  expect(cluster.client.list(replicaSets)).toHaveLength(1);
  cluster.kubelet.finishTerminations();
  await cluster.settled();
  expect(story.since("Pod")).toEqual(["Pod: A-* deleting", "Pod: A-* gone", "Pod: B-* created"]);
  expect(running(cluster)).toEqual({ "hostnames:2": 2 });
  expect(progressing(cluster)).toMatchObject({ reason: "NewReplicaSetAvailable" });
});

test("paused: sizes follow, templates wait until it is resumed", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web());
  await cluster.settled();
  await change(cluster, (spec) => {
    spec.paused = true;
  });
  await cluster.settled();
  expect(progressing(cluster)).toMatchObject({
    status: "Unknown",
    reason: "DeploymentPaused",
    message: "Deployment is paused",
  });
  await change(cluster, (spec) => {
    spec.replicas = 3;
  });
  await setImage(cluster, "hostnames:2");
  await cluster.settled();
  expect(running(cluster)).toEqual({ "hostnames:1": 3 });
  await change(cluster, (spec) => {
    spec.paused = false;
  });
  await cluster.settled();
  expect(running(cluster)).toEqual({ "hostnames:2": 3 });
  expect(progressing(cluster)).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
});

test("scaled in mid-rollout, old and new grow in proportion", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
  await cluster.client.create(deployments, web({ replicas: 10, strategy }));
  await cluster.settled();
  cluster.kubelet.behave(({ spec }) => (spec?.containers[0]?.image === "hostnames:2" ? "starting" : "ready"));
  await setImage(cluster, "hostnames:2");
  await cluster.settled();
  expect(running(cluster)).toEqual({ "hostnames:1": 8, "hostnames:2": 5 });
  await change(cluster, (spec) => {
    spec.replicas = 15;
  });
  await cluster.settled();
  expect(running(cluster)).toEqual({ "hostnames:1": 11, "hostnames:2": 7 });
});

test("minReadySeconds: a Pod is available only when it has been ready so long", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web({ minReadySeconds: 30 }));
  await cluster.settled();
  expect(current(cluster)?.status).toMatchObject({ readyReplicas: 2, unavailableReplicas: 2 });
  await cluster.passes(31_000);
  expect(current(cluster)?.status).toMatchObject({ availableReplicas: 2 });
  expect(progressing(cluster)?.reason).toBe("NewReplicaSetAvailable");
});

test("a ReplicaSet that fits is adopted, with its Pods", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  const made = await cluster.client.create(deployments, web());
  await cluster.settled();
  await cluster.client.delete(deployments, key, {
    propagationPolicy: "Orphan",
    preconditions: { uid: made.metadata.uid },
  });
  await cluster.settled();
  const before = cluster.client.list(pods).map(({ metadata }) => metadata.uid);
  expect(before).toHaveLength(2);
  expect(cluster.client.list(replicaSets)[0]?.metadata.ownerReferences ?? []).toEqual([]);
  const again = await cluster.client.create(deployments, web());
  await cluster.settled();
  expect(cluster.client.list(replicaSets)).toMatchObject([
    { metadata: { ownerReferences: [{ uid: again.metadata.uid }] } },
  ]);
  expect(cluster.client.list(pods).map(({ metadata }) => metadata.uid)).toEqual(before);
});

test("a name taken by a ReplicaSet of another template is counted as a collision", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web({ replicas: 1 }));
  await cluster.settled();
  const [set] = cluster.client.list(replicaSets);
  await cluster.client.delete(deployments, key);
  await cluster.settled();
  const foreign = { ...web({ replicas: 0, selector: { matchLabels: { app: "other" } } }).spec };
  await cluster.client.create(replicaSets, {
    metadata: { namespace: "default", name: set?.metadata.name ?? "" },
    spec: {
      ...foreign,
      selector: { matchLabels: { app: "o" } },
      template: { metadata: { labels: { app: "o" } }, spec: { containers: [{ name: "o", image: "o:1" }] } },
    },
  });
  await cluster.client.create(deployments, web({ replicas: 1 }));
  await cluster.settled();
  expect(current(cluster)?.status).toMatchObject({ collisionCount: 1, availableReplicas: 1 });
});

test("deleting in the background leaves nothing", async () => {
  const { cluster, story } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web());
  await cluster.settled();
  story.turn();
  await cluster.client.delete(deployments, key);
  await cluster.settled();
  expect(story.since("DELETED", "Pod").map((line) => line.split(":")[0])).toEqual([
    "DELETED Deployment",
    "DELETED ReplicaSet A",
    "Pod",
    "Pod",
  ]);
  expect([cluster.client.list(replicaSets), cluster.client.list(pods)]).toEqual([[], []]);
});

test("controllers that come and go at any moment of a rollout double nothing", async () => {
  const { cluster } = await begin();
  await using _cluster = cluster;
  await cluster.client.create(deployments, web({ replicas: 4 }));
  for (let turns = 1; turns <= 12; turns++) {
    await cluster.restart();
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    expect(cluster.client.list(pods).length).toBeLessThanOrEqual(4);
    expect(cluster.client.list(replicaSets).length).toBeLessThanOrEqual(1);
  }
  await setImage(cluster, "hostnames:2");
  for (let turns = 1; turns <= 12; turns++) {
    await cluster.restart();
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    expect(cluster.client.list(pods).filter((pod) => !pod.metadata.deletionTimestamp).length).toBeLessThanOrEqual(5);
    expect(cluster.client.list(replicaSets).length).toBeLessThanOrEqual(2);
  }
  await cluster.settled();
  expect(running(cluster)).toEqual({ "hostnames:2": 4 });
});
