import { expect, test } from "vitest";
import { pod } from "../../src/kinds/pod/index.ts";
import { service } from "../../src/kinds/service/index.ts";
import { configMaps, events, namespaces, pods, serviceAccounts } from "../../src/machinery/resource.ts";
import { startControllers } from "../support/controllers.ts";

const lab = { name: "lab" };
const inLab = (name: string) => ({ namespace: "lab", name });

async function begin() {
  const cluster = await startControllers([pod, service]);
  await cluster.client.create(namespaces, { metadata: { ...lab } });
  await cluster.settled();
  return cluster;
}

test("every namespace has a ServiceAccount and the CA's certificate, and has them again", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const furniture = () => [
    client.get(serviceAccounts, inLab("default"))?.metadata.uid,
    client.get(configMaps, inLab("kube-root-ca.crt"))?.data,
  ];
  const [first, data] = furniture();
  expect(first).toBeDefined();
  expect(data).toEqual({ "ca.crt": "-----BEGIN CERTIFICATE-----" });
  await client.delete(serviceAccounts, inLab("default"));
  await client.patch(configMaps, inLab("kube-root-ca.crt"), "merge", { data: { "ca.crt": "forged", more: "x" } });
  await cluster.settled();
  const [second, again] = furniture();
  expect(second).toBeDefined();
  expect(second).not.toBe(first);
  expect(again).toEqual(data);
});

test("a deleted namespace goes with everything in it", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  await client.create(configMaps, { metadata: inLab("settings") });
  await client.create(pods, { metadata: inLab("web"), spec: { containers: [{ name: "c", image: "c:1" }] } });
  await cluster.settled();
  await client.delete(namespaces, lab);
  await cluster.settled();
  expect(client.get(namespaces, lab)).toBeUndefined();
  expect([client.list(configMaps, { namespace: "lab" }), client.list(pods, { namespace: "lab" })]).toEqual([[], []]);
  expect(client.list(events, { namespace: "lab" })).toEqual([]);
});

test("Pods go first, and the namespace tells what it waits for", async () => {
  await using cluster = await begin();
  const { client, kubelet } = cluster;
  await client.create(configMaps, { metadata: { ...inLab("held"), finalizers: ["example.com/hold"] } });
  await client.create(pods, { metadata: inLab("web"), spec: { containers: [{ name: "c", image: "c:1" }] } });
  await cluster.settled();
  kubelet.holdTerminations();
  const remaining = () =>
    client
      .get(namespaces, lab)
      ?.status?.conditions?.filter(({ status }) => status === "True")
      .map(({ type, message }) => `${type}: ${message}`);
  await client.delete(namespaces, lab);
  await cluster.settled();
  expect(client.get(namespaces, lab)?.status?.phase).toBe("Terminating");
  expect(client.get(configMaps, inLab("held"))?.metadata.deletionTimestamp).toBeUndefined();
  expect(remaining()?.[0]).toMatch(
    /^NamespaceContentRemaining: Some resources are remaining: .*pods\. has 1 resource instances/,
  );
  kubelet.finishTerminations();
  await cluster.settled();
  expect(remaining()).toEqual([
    "NamespaceContentRemaining: Some resources are remaining: configmaps. has 1 resource instances",
    "NamespaceFinalizersRemaining: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
  ]);
  await cluster.restart();
  await client.patch(configMaps, inLab("held"), "merge", { metadata: { finalizers: null } });
  await cluster.settled();
  expect(client.get(namespaces, lab)).toBeUndefined();
});
