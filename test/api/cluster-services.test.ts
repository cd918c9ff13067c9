import { expect, test } from "vitest";
import { bootstrap, clusterServicesKeeper } from "../../src/bootstrap.ts";
import { endpointSlice } from "../../src/kinds/endpoint-slice/index.ts";
import { endpoints as endpointsKind } from "../../src/kinds/endpoints/index.ts";
import { ingressClass } from "../../src/kinds/ingress-class/index.ts";
import { pod } from "../../src/kinds/pod/index.ts";
import { service } from "../../src/kinds/service/index.ts";
import { endpointSlices, endpoints, services } from "../../src/machinery/resource.ts";
import { startControllers } from "../support/controllers.ts";

const settings = { podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12", apiPort: 6443 };
const dns = { address: "10.96.0.10", port: 53 };
const kubernetes = { namespace: "default", name: "kubernetes" };
const kubeDns = { namespace: "kube-system", name: "kube-dns" };

async function begin() {
  const others = [clusterServicesKeeper(settings, dns)];
  const cluster = await startControllers([service, pod, endpointsKind, endpointSlice, ingressClass], { others });
  await bootstrap(cluster.client, cluster.settings, dns);
  await cluster.settled();
  return cluster;
}

test.each([
  [kubernetes, "10.96.0.1", "10.244.0.1", 6443],
  [kubeDns, "10.96.0.10", "10.96.0.10", 53],
])("the Service %j comes back with its address when it is deleted", async (key, clusterIP, address, port) => {
  await using cluster = await begin();
  const { client } = cluster;
  const uid = client.get(services, key)?.metadata.uid;
  await client.delete(services, key);
  await cluster.settled();
  const back = client.get(services, key);
  expect(back?.metadata.uid).not.toBe(uid);
  expect(back?.spec?.clusterIP).toBe(clusterIP);
  const behind = [{ addresses: [{ ip: address }], ports: expect.arrayContaining([expect.objectContaining({ port })]) }];
  expect(client.get(endpoints, key)?.subsets).toMatchObject(behind);
  const slices = client.list(endpointSlices, { namespace: key.namespace });
  expect(slices.map(({ endpoints: of }) => of.map(({ addresses }) => addresses))).toEqual([[[address]]]);
});

test("what stands behind a Service comes back too, and other Services stay deleted", async () => {
  await using cluster = await begin();
  const { client } = cluster;
  const web = { namespace: "default", name: "web" };
  await client.create(services, { metadata: web, spec: { ports: [{ port: 80 }] } });
  await cluster.settled();
  await client.delete(services, web);
  await client.delete(endpointSlices, kubernetes);
  await client.delete(endpoints, kubernetes);
  await cluster.settled();
  expect(client.get(services, web)).toBeUndefined();
  expect(client.get(endpointSlices, kubernetes)?.endpoints).toMatchObject([{ addresses: ["10.244.0.1"] }]);
  expect(client.get(endpoints, kubernetes)?.subsets).toMatchObject([{ addresses: [{ ip: "10.244.0.1" }] }]);
});
