import { expect, test } from "vitest";
import { node } from "../../src/kinds/node/index.ts";
import { pod } from "../../src/kinds/pod/index.ts";
import { events, nodes, pods } from "../../src/machinery/resource.ts";
import { type Cluster, startControllers } from "../support/controllers.ts";

const inDefault = (name: string) => ({ namespace: "default", name });
const gone = { key: "gone", effect: "NoExecute" };

/** A node with two Pods, of which `patient` tolerates the taint for a minute. */
async function begin(): Promise<Cluster & { name: string }> {
  const cluster = await startControllers([node, pod]);
  const { client } = cluster;
  await cluster.settled();
  const containers = [{ name: "c", image: "c:1" }];
  const tolerations = [{ ...gone, operator: "Exists", tolerationSeconds: 60 }];
  await client.create(pods, { metadata: inDefault("plain"), spec: { containers } });
  await client.create(pods, { metadata: inDefault("patient"), spec: { containers, tolerations } });
  await cluster.settled();
  const name = client.get(pods, inDefault("plain"))?.spec?.nodeName ?? "";
  await client.create(nodes, { metadata: { name } });
  await cluster.settled();
  return { ...cluster, name };
}

const names = ({ client }: Cluster) => client.list(pods).map(({ metadata }) => metadata.name);

function told({ client }: Cluster): string[] {
  return client
    .list(events)
    .filter(({ reason }) => reason === "TaintManagerEviction")
    .map(({ message }) => message ?? "");
}

test("a NoExecute taint drives Pods away, when their toleration ends", async () => {
  await using cluster = await begin();
  await cluster.client.patch(nodes, { name: cluster.name }, "merge", { spec: { taints: [gone] } });
  await cluster.settled();
  expect(names(cluster)).toEqual(["patient"]);
  expect(told(cluster)).toEqual(["Marking for deletion Pod default/plain"]);
  await cluster.passes(58_000);
  expect(names(cluster)).toEqual(["patient"]);
  await cluster.passes(3_000);
  expect(names(cluster)).toEqual([]);
});

test("a taint that is taken back drives nobody away any more", async () => {
  await using cluster = await begin();
  const key = { name: cluster.name };
  await cluster.client.patch(nodes, key, "merge", { spec: { taints: [gone] } });
  await cluster.settled();
  await cluster.client.patch(nodes, key, "merge", { spec: { taints: null } });
  await cluster.settled();
  expect(told(cluster)).toContain("Cancelling deletion of Pod default/patient");
  await cluster.passes(120_000);
  expect(names(cluster)).toEqual(["patient"]);
});

test("a cordoned node has the taint of one, beside its others, as long as it is", async () => {
  await using cluster = await begin();
  const key = { name: cluster.name };
  const keys = () => cluster.client.get(nodes, key)?.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`);
  await cluster.client.patch(nodes, key, "merge", { spec: { taints: [{ key: "own", effect: "NoSchedule" }] } });
  await cluster.client.patch(nodes, key, "merge", { spec: { unschedulable: true } });
  await cluster.settled();
  expect(keys()).toEqual(["own:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule"]);
  await cluster.client.patch(nodes, key, "merge", { spec: { unschedulable: null } });
  await cluster.settled();
  expect(keys()).toEqual(["own:NoSchedule"]);
});

test("Pods of a node that is deleted go after 40 s, and say why", async () => {
  await using cluster = await begin();
  cluster.kubelet.holdTerminations();
  const last = new Map<string, string | undefined>();
  using _watch = cluster.client.watch(pods, ({ type, object }) => {
    const why = object.status?.conditions?.find((condition) => condition.type === "DisruptionTarget");
    if (type === "DELETED") last.set(object.metadata.name, `${object.status?.phase} ${why?.reason}: ${why?.message}`);
  });
  await cluster.client.delete(nodes, { name: cluster.name });
  await cluster.passes(38_000);
  expect(names(cluster)).toEqual(["patient", "plain"]);
  await cluster.passes(3_000);
  expect(names(cluster)).toEqual([]);
  const why = "Failed DeletionByPodGC: PodGC: node no longer exists";
  expect([...last.values()]).toEqual([why, why]);
});

test("Pods of a node that comes back in time stay", async () => {
  await using cluster = await begin();
  await cluster.client.delete(nodes, { name: cluster.name });
  await cluster.passes(30_000);
  await cluster.client.create(nodes, { metadata: { name: cluster.name } });
  await cluster.passes(60_000);
  await cluster.client.delete(nodes, { name: cluster.name });
  await cluster.passes(30_000);
  expect(names(cluster)).toEqual(["patient", "plain"]);
});

test("a node that comes and goes is told of, once each", async () => {
  await using cluster = await begin();
  const key = { name: cluster.name };
  const [first] = cluster.client.list(nodes);
  await cluster.client.patch(nodes, key, "merge", { metadata: { labels: { a: "b" } } });
  await cluster.client.delete(nodes, key);
  await cluster.settled();
  const came = `RegisteredNode: Node ${cluster.name} event: Registered Node ${cluster.name} in Controller`;
  const went = `RemovingNode: Node ${cluster.name} event: Removing Node ${cluster.name} from Controller`;
  const found = cluster.client.list(events).filter(({ source }) => source?.component === "node-controller");
  expect(found.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([came, went]);
  expect(found.map(({ involvedObject }) => involvedObject.uid)).toEqual([first?.metadata.uid, first?.metadata.uid]);
});
