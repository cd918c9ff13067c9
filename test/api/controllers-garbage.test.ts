import { expect, test } from "vitest";
import { pod } from "../../src/kinds/pod/index.ts";
import { replicaSet } from "../../src/kinds/replica-set/index.ts";
import { service } from "../../src/kinds/service/index.ts";
import type { Client } from "../../src/machinery/client.ts";
import type { KubeObject, Stored } from "../../src/machinery/object.ts";
import { apiVersionOf, configMaps, events, namespaces, type Resource } from "../../src/machinery/resource.ts";
import type { ConfigMap, OwnerReference } from "../../src/machinery/types.ts";
import { startControllers } from "../support/controllers.ts";

const at = (name: string) => ({ namespace: "default", name });

function reference(owner: Stored<KubeObject>, resource: Resource = configMaps, block = false): OwnerReference {
  const { name, uid } = owner.metadata;
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name,
    uid,
    ...(block && { blockOwnerDeletion: true }),
  };
}

function create(client: Client, name: string, owners: OwnerReference[] = [], finalizers: string[] = []) {
  return client.create<ConfigMap>(configMaps, { metadata: { ...at(name), ownerReferences: owners, finalizers } });
}

const there = (client: Client) =>
  client
    .list(configMaps, { namespace: "default" })
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== "kube-root-ca.crt");

async function begin() {
  const cluster = await startControllers([pod, replicaSet, service]);
  await cluster.settled();
  return cluster;
}

test("background: dependents, and theirs, go after their owner", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const owner = await create(client, "owner");
  const child = await create(client, "child", [reference(owner)]);
  await create(client, "grandchild", [reference(child)]);
  await create(client, "stranger");
  await client.delete(configMaps, at("owner"), { propagationPolicy: "Background" });
  expect(client.get(configMaps, at("owner"))).toBeUndefined();
  await cluster.settled();
  expect(there(client)).toEqual(["stranger"]);
});

test("foreground: the owner waits for those that block it, and no longer", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const owner = await create(client, "owner");
  await create(client, "blocking", [reference(owner, configMaps, true)], ["example.com/hold"]);
  await create(client, "other", [reference(owner)], ["example.com/hold"]);
  await client.delete(configMaps, at("owner"), { propagationPolicy: "Foreground" });
  await cluster.settled();
  expect(client.get(configMaps, at("owner"))?.metadata).toMatchObject({ finalizers: ["foregroundDeletion"] });
  expect(client.get(configMaps, at("other"))?.metadata.deletionTimestamp).toBeDefined();
  await client.patch(configMaps, at("blocking"), "merge", { metadata: { finalizers: null } });
  await cluster.settled();
  expect(there(client)).toEqual(["other"]);
});

test("foreground goes on down the chain", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const owner = await create(client, "owner");
  const child = await create(client, "child", [reference(owner, configMaps, true)]);
  await create(client, "grandchild", [reference(child, configMaps, true)], ["example.com/hold"]);
  await client.delete(configMaps, at("owner"), { propagationPolicy: "Foreground" });
  await cluster.settled();
  expect(there(client)).toEqual(["child", "grandchild", "owner"]);
  await client.patch(configMaps, at("grandchild"), "merge", { metadata: { finalizers: null } });
  await cluster.settled();
  expect(there(client)).toEqual([]);
});

test("orphan: dependents stay, without their reference", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const owner = await create(client, "owner");
  await create(client, "child", [reference(owner)]);
  await client.delete(configMaps, at("owner"), { propagationPolicy: "Orphan" });
  await cluster.settled();
  expect(there(client)).toEqual(["child"]);
  expect(client.get(configMaps, at("child"))?.metadata.ownerReferences ?? []).toEqual([]);
});

test("of several owners the last one takes the dependent along", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const [first, second] = [await create(client, "first"), await create(client, "second")];
  await create(client, "child", [reference(first), reference(second)]);
  await client.delete(configMaps, at("first"));
  await cluster.settled();
  expect(client.get(configMaps, at("child"))?.metadata.ownerReferences).toEqual([reference(second)]);
  await client.delete(configMaps, at("second"));
  await cluster.settled();
  expect(there(client)).toEqual([]);
});

test("an owner that never was, or another of its name, is none", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const owner = await create(client, "owner");
  await create(client, "of-nobody", [{ ...reference(owner), name: "nobody" }]);
  await create(client, "of-another", [{ ...reference(owner), uid: "00000000-0000-0000-0000-000000000000" }]);
  await create(client, "of-a-kind-unknown", [{ apiVersion: "example.com/v1", kind: "Widget", name: "w", uid: "1" }]);
  await cluster.settled();
  expect(there(client)).toEqual(["of-a-kind-unknown", "owner"]);
});

test("owners that went while nobody looked are noticed at the start", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const owner = await create(client, "owner");
  await create(client, "child", [reference(owner)]);
  await cluster.settled();
  const restarted = cluster.restart();
  await client.delete(configMaps, at("owner"));
  await restarted;
  await cluster.settled();
  expect(there(client)).toEqual([]);
});

test("a cluster-scoped object cannot be owned by a namespaced one: it stays, and an Event says so", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const owner = await create(client, "owner");
  const metadata = { name: "team", ownerReferences: [reference(owner)] };
  await client.create(namespaces, { metadata });
  await cluster.settled();
  expect(client.get(namespaces, { name: "team" })?.metadata.deletionTimestamp).toBeUndefined();
  expect(client.list(events, { namespace: "default" })).toMatchObject([
    { type: "Warning", reason: "OwnerRefInvalidNamespace", source: { component: "garbage-collector-controller" } },
  ]);
});
