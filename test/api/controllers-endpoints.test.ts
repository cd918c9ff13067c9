import { expect, test } from "vitest";
import { endpointSlice } from "../../src/kinds/endpoint-slice/index.ts";
import { endpoints as endpointsKind } from "../../src/kinds/endpoints/index.ts";
import { pod } from "../../src/kinds/pod/index.ts";
import { service } from "../../src/kinds/service/index.ts";
import type { Client } from "../../src/machinery/client.ts";
import { endpointSlices, endpoints, pods, services } from "../../src/machinery/resource.ts";
import type { Pod, Service } from "../../src/machinery/types.ts";
import { startControllers } from "../support/controllers.ts";

const kinds = [service, pod, endpointsKind, endpointSlice];
const key = { namespace: "default", name: "web" };

function web(spec: Partial<NonNullable<Service["spec"]>> = {}): Service {
  return { metadata: { ...key }, spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 9376 }], ...spec } };
}

function member(name: string, change: Partial<NonNullable<Pod["spec"]>> = {}): Pod {
  return {
    metadata: { namespace: "default", name, labels: { app: "web" } },
    spec: { containers: [{ name: "c", image: "hostnames:1" }], ...change },
  };
}

/** `10.244.0.2,10.244.0.3 (10.244.0.4) : 9376`, with those not ready in brackets. */
function subsets(client: Client): string[] | undefined {
  const list = (addresses: { ip: string }[] = []) => addresses.map(({ ip }) => ip).join(",");
  return client
    .get(endpoints, key)
    ?.subsets?.map(
      ({ addresses, notReadyAddresses, ports = [] }) =>
        `${list(addresses)} (${list(notReadyAddresses)}) : ${ports.map(({ port }) => port).join(",")}`,
    );
}

/** `10.244.0.2 ready serving : 9376` of each endpoint, in order of address. */
function slices(client: Client): string[] {
  return client
    .list(endpointSlices)
    .flatMap(({ endpoints, ports }) =>
      endpoints.map(({ addresses, conditions = {} }) => {
        const states = Object.entries(conditions).filter(([, holds]) => holds);
        return `${addresses.join()} ${states.map(([state]) => state).join(" ")} : ${ports?.map(({ port }) => port).join(",")}`;
      }),
    )
    .sort();
}

test("a Service has Endpoints and one slice from the start; they follow its Pods", async () => {
  await using cluster = await startControllers(kinds);
  const { client, kubelet } = cluster;
  await cluster.settled();
  const made = await client.create(services, { ...web(), metadata: { ...key, labels: { team: "a" } } });
  await cluster.settled();
  expect(client.get(endpoints, key)).toMatchObject({
    metadata: { labels: { team: "a", "endpoints.kubernetes.io/managed-by": "endpoint-controller" } },
  });
  expect(subsets(client) ?? []).toEqual([]);
  const [empty, ...others] = client.list(endpointSlices);
  expect(others).toEqual([]);
  expect(empty).toMatchObject({
    addressType: "IPv4",
    endpoints: [],
    metadata: {
      generateName: "web-",
      labels: {
        team: "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
      annotations: { "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z" },
      ownerReferences: [{ kind: "Service", name: "web", uid: made.metadata.uid, controller: true }],
    },
  });
  expect(empty?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);

  kubelet.behave(({ metadata }) => (metadata.name === "b" ? "starting" : "ready"));
  await client.create(pods, member("a"));
  await cluster.settled();
  await client.create(pods, member("b"));
  await cluster.settled();
  expect(subsets(client)).toEqual(["10.244.0.2 (10.244.0.3) : 9376"]);
  expect(slices(client)).toEqual(["10.244.0.2 ready serving : 9376", "10.244.0.3  : 9376"]);
  expect(client.list(endpointSlices)[0]?.metadata.name).toBe(empty?.metadata.name);
  expect(client.list(endpointSlices)[0]?.endpoints[0]).toMatchObject({
    nodeName: "node-1",
    targetRef: { kind: "Pod", namespace: "default", name: "a" },
  });

  kubelet.behave(() => "ready");
  await cluster.settled();
  expect(subsets(client)).toEqual(["10.244.0.2,10.244.0.3 () : 9376"]);

  kubelet.holdTerminations();
  await client.delete(pods, { namespace: "default", name: "a" });
  await cluster.settled();
  expect(subsets(client)).toEqual(["10.244.0.3 () : 9376"]);
  expect(slices(client)).toEqual(["10.244.0.2 serving terminating : 9376", "10.244.0.3 ready serving : 9376"]);

  kubelet.finishTerminations();
  await client.patch(pods, { namespace: "default", name: "b" }, "merge", { metadata: { labels: { app: "other" } } });
  await cluster.settled();
  expect(subsets(client) ?? []).toEqual([]);
  expect(slices(client)).toEqual([]);
  expect(client.list(endpointSlices).map(({ metadata }) => metadata.name)).toEqual([empty?.metadata.name]);

  await client.delete(services, key);
  await cluster.settled();
  expect([client.get(endpoints, key), client.list(endpointSlices)]).toEqual([undefined, []]);
});

test("named ports that differ from Pod to Pod", async () => {
  await using cluster = await startControllers(kinds);
  const { client } = cluster;
  await cluster.settled();
  await client.create(services, web({ ports: [{ name: "http", port: 80, targetPort: "http" }] }));
  for (const [name, containerPort] of [
    ["a", 8080],
    ["b", 9090],
  ] as const) {
    const containers = [{ name: "c", image: "hostnames:1", ports: [{ name: "http", containerPort }] }];
    await client.create(pods, member(name, { containers }));
    await cluster.settled();
  }
  expect(subsets(client)?.sort()).toEqual(["10.244.0.2 () : 8080", "10.244.0.3 () : 9090"]);
  expect(slices(client)).toEqual(["10.244.0.2 ready serving : 8080", "10.244.0.3 ready serving : 9090"]);
  expect(client.list(endpointSlices)).toHaveLength(2);
});

test("a headless Service tells hostnames, and with publishNotReadyAddresses all Pods", async () => {
  await using cluster = await startControllers(kinds);
  const { client, kubelet } = cluster;
  await cluster.settled();
  kubelet.behave(() => "starting");
  await client.create(services, web({ clusterIP: "None", publishNotReadyAddresses: true, ports: [] }));
  await client.create(pods, member("a", { hostname: "first", subdomain: "web" }));
  await cluster.settled();
  expect(client.get(endpoints, key)).toMatchObject({
    metadata: { labels: { "service.kubernetes.io/headless": "" } },
    subsets: [{ addresses: [{ ip: "10.244.0.2", hostname: "first" }] }],
  });
  expect(client.list(endpointSlices)).toMatchObject([
    {
      metadata: { labels: { "service.kubernetes.io/headless": "" } },
      endpoints: [{ hostname: "first", conditions: { ready: true, serving: false, terminating: false } }],
    },
  ]);
});

test("a Service without a selector, and an external name, are left to others", async () => {
  await using cluster = await startControllers(kinds);
  const { client } = cluster;
  await cluster.settled();
  await client.create(services, { metadata: { ...key }, spec: { ports: [{ port: 80 }] } });
  await client.create(endpoints, {
    metadata: { ...key },
    subsets: [{ addresses: [{ ip: "192.0.2.1" }], ports: [{ port: 80 }] }],
  });
  const outside = { type: "ExternalName", externalName: "example.com", selector: { app: "web" } };
  await client.create(services, { metadata: { namespace: "default", name: "outside" }, spec: outside });
  await client.create(pods, member("a"));
  await cluster.settled();
  expect(subsets(client)).toEqual(["192.0.2.1 () : 80"]);
  expect(client.list(endpointSlices).filter(({ metadata }) => metadata.generateName === "outside-")).toEqual([]);
  expect(client.list(endpoints)).toHaveLength(1);
});

test("what others did to them is put right, and nothing is written without need", async () => {
  await using cluster = await startControllers(kinds);
  const { client } = cluster;
  await cluster.settled();
  await client.create(services, web());
  await client.create(pods, member("a"));
  await cluster.settled();
  const [slice] = client.list(endpointSlices);
  await client.patch(endpoints, key, "merge", { subsets: [] });
  await client.delete(endpointSlices, { namespace: "default", name: slice?.metadata.name ?? "" });
  await cluster.settled();
  expect(subsets(client)).toEqual(["10.244.0.2 () : 9376"]);
  expect(slices(client)).toEqual(["10.244.0.2 ready serving : 9376"]);

  const before = cluster.store.revision;
  await client.patch(pods, { namespace: "default", name: "a" }, "merge", { metadata: { annotations: { note: "x" } } });
  await cluster.restart();
  await cluster.settled();
  expect(cluster.store.revision).toBe(before + 1);
});

test("250 Pods are in three slices of at most 100", async () => {
  await using cluster = await startControllers(kinds);
  const { client } = cluster;
  await cluster.settled();
  await client.create(services, web());
  await Promise.all(Array.from({ length: 250 }, (_, index) => client.create(pods, member(`p${index}`))));
  await cluster.settled();
  const sizes = client.list(endpointSlices).map(({ endpoints }) => endpoints.length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(250);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
  expect(client.get(endpoints, key)?.subsets?.[0]?.addresses).toHaveLength(250);
});

test("Endpoints written by hand have slices of their own, for Services without a selector only", async () => {
  await using cluster = await startControllers(kinds);
  const { client } = cluster;
  await cluster.settled();
  await client.create(services, { metadata: { ...key }, spec: { ports: [{ port: 80 }] } });
  const subset = {
    addresses: [{ ip: "192.0.2.1" }],
    notReadyAddresses: [{ ip: "192.0.2.2" }],
    ports: [{ port: 8080 }],
  };
  await client.create(endpoints, { metadata: { ...key, labels: { made: "by-hand" } }, subsets: [subset] });
  await client.create(endpoints, { metadata: { namespace: "default", name: "lonely" }, subsets: [subset] });
  await cluster.settled();
  expect(slices(client)).toEqual(["192.0.2.1 ready : 8080", "192.0.2.2  : 8080"]);
  const [mirrored, ...others] = client.list(endpointSlices);
  expect(others).toEqual([]);
  expect(mirrored?.metadata).toMatchObject({
    generateName: "web-",
    labels: {
      made: "by-hand",
      "kubernetes.io/service-name": "web",
      "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    },
    ownerReferences: [{ kind: "Endpoints", name: "web" }],
  });
  await client.patch(endpoints, key, "merge", { subsets: [{ ...subset, notReadyAddresses: null }] });
  await cluster.settled();
  expect(slices(client)).toEqual(["192.0.2.1 ready : 8080"]);
  await client.patch(endpoints, key, "merge", {
    metadata: { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
  });
  await cluster.settled();
  expect(slices(client)).toEqual([]);
});

/** Each slice as `IPv6 10.244.0.2,10.244.0.3`. */
function byFamily(client: Client): string[] {
  return client
    .list(endpointSlices)
    .map(({ addressType, endpoints: all }) => {
      const addresses = all.flatMap(({ addresses: own }) => own).sort((a, b) => (a < b ? -1 : 1));
      return `${addressType} ${addresses.join()}`;
    })
    .sort((a, b) => (a < b ? -1 : 1));
}

const dualStack = {
  settings: { ipv6: { podCidr: "fd00:10:244::/64", serviceCidr: "fd00:10:96::/112" } },
};

test("a dual-stack Service has slices of each family, and Endpoints of its first, as its policy changes", async () => {
  await using cluster = await startControllers(kinds, dualStack);
  const { client } = cluster;
  await cluster.settled();
  await client.create(services, web({ ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] }));
  await cluster.settled();
  expect(byFamily(client)).toEqual(["IPv4 ", "IPv6 "]);
  await client.create(pods, member("a"));
  await client.create(pods, member("b"));
  await cluster.settled();
  const ipv6 = "IPv6 fd00:10:244::2,fd00:10:244::3";
  expect(byFamily(client)).toEqual(["IPv4 10.244.0.2,10.244.0.3", ipv6]);
  expect(subsets(client)).toEqual(["fd00:10:244::2,fd00:10:244::3 () : 9376"]);
  await client.patch(services, key, "merge", { spec: { ipFamilyPolicy: "SingleStack" } });
  await cluster.settled();
  expect(byFamily(client)).toEqual([ipv6]);
  await client.patch(services, key, "merge", { spec: { ipFamilyPolicy: "PreferDualStack" } });
  await cluster.settled();
  expect(byFamily(client)).toEqual(["IPv4 10.244.0.2,10.244.0.3", ipv6]);
});

test("Endpoints written by hand are mirrored in a slice for each family of their addresses", async () => {
  await using cluster = await startControllers(kinds, dualStack);
  const { client } = cluster;
  await cluster.settled();
  await client.create(services, { metadata: { ...key }, spec: { ports: [{ port: 80 }] } });
  const ips = ["192.0.2.1", "2001:db8::1", "2001:db8::2"];
  const subset = { addresses: ips.map((ip) => ({ ip })), ports: [{ port: 8080 }] };
  await client.create(endpoints, { metadata: { ...key }, subsets: [subset] });
  await cluster.settled();
  expect(byFamily(client)).toEqual(["IPv4 192.0.2.1", "IPv6 2001:db8::1,2001:db8::2"]);
  const fewer = { ...subset, addresses: [{ ip: "2001:db8::2" }] };
  await client.patch(endpoints, key, "merge", { subsets: [fewer] });
  await cluster.settled();
  expect(byFamily(client)).toEqual(["IPv6 2001:db8::2"]);
});
