/** Where the kernel has no SCTP it is refused, as by a Kubernetes without the feature; where it has, nothing is said of it. */
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import {
  deployments,
  endpointSlices,
  endpoints,
  pods,
  podTemplates,
  type Resource,
  replicaSets,
  replicationControllers,
  serviceAccounts,
  services,
  statefulSets,
} from "../../src/machinery/resource.ts";
import type { ProxyMode } from "../../src/machinery/settings.ts";
import type { Service, ServicePort } from "../../src/machinery/types.ts";
import { refusal, startApi } from "../support/api.ts";

const metadata = { name: "a", namespace: "default" };
const labels = { app: "a" };
const podSpec = {
  containers: [
    { name: "first", image: "web", ports: [{ containerPort: 80 }] },
    { name: "second", image: "web", ports: [{ containerPort: 81 }, { containerPort: 81, protocol: "SCTP" }] },
  ],
  initContainers: [{ name: "init", image: "web", ports: [{ containerPort: 82, protocol: "SCTP" }] }],
};
const template = { metadata: { labels }, spec: podSpec };
const workload = { selector: { matchLabels: labels }, template };

const says = 'Unsupported value: "SCTP": supported values: "TCP", "UDP"';

function refusedAt(kind: string, ...fields: string[]): [number, string, string] {
  const errors = fields.map((field) => `${field}: ${says}`);
  const list = errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
  return [422, "Invalid", `${kind} "a" is invalid: ${list}`];
}

function service(ports: ServicePort[]): Service {
  return { metadata, spec: { ports } };
}

const both = [
  { name: "a", port: 80 },
  { name: "b", port: 80, protocol: "SCTP" },
];

describe("without SCTP in the kernel", () => {
  const options = { settings: { sctp: false } };
  // Admission looks for it before anything is validated.
  const account = { metadata: { name: "default", namespace: "default" } };
  const ofPod = (at: string): string[] => [
    `${at}.containers[1].ports[1].protocol`,
    `${at}.initContainers[0].ports[0].protocol`,
  ];

  it.each<[kind: string, resource: Resource, object: object, fields: string[]]>([
    ["Service", services, { spec: { ports: both } }, ["spec.ports[1].protocol"]],
    [
      "Endpoints",
      endpoints,
      { subsets: [{ addresses: [{ ip: "192.0.2.1" }], ports: [{ port: 80, protocol: "SCTP" }] }] },
      ["subsets[0].ports[0].protocol"],
    ],
    ["Pod", pods, { spec: podSpec }, ofPod("spec")],
    ["PodTemplate", podTemplates, { template }, ofPod("template.spec")],
    ["ReplicationController", replicationControllers, { spec: { template } }, ofPod("spec.template.spec")],
    ["ReplicaSet.apps", replicaSets, { spec: workload }, ofPod("spec.template.spec")],
    ["Deployment.apps", deployments, { spec: workload }, ofPod("spec.template.spec")],
    ["StatefulSet.apps", statefulSets, { spec: { ...workload, serviceName: "a" } }, ofPod("spec.template.spec")],
  ])("refuses a %s", async (kind, resource, object, fields) => {
    await using api = await startApi(kinds, options);
    await api.client.create(serviceAccounts, account);
    expect(await refusal(api.client.create(resource, { metadata, ...object }))).toEqual(refusedAt(kind, ...fields));
  });

  it("refuses a change to it, but lets what has it already be written", async () => {
    await using api = await startApi(kinds, options);
    await api.client.create(services, service([{ port: 80 }]));
    expect(await refusal(api.client.update(services, service(both)))).toEqual(
      refusedAt("Service", "spec.ports[1].protocol"),
    );
    // As a kernel that had it would have let it be.
    api.settings.sctp = true;
    await api.client.update(services, service(both));
    api.settings.sctp = false;
    const again = await api.client.update(services, service([...both, { name: "c", port: 81, protocol: "SCTP" }]));
    expect(again.spec?.ports).toHaveLength(3);
  });

  it("takes slices, which nobody reaches without a Service", async () => {
    await using api = await startApi(kinds, options);
    const ports = [{ name: "", port: 80, protocol: "SCTP" }];
    const slice = { metadata, addressType: "IPv4", endpoints: [], ports };
    await expect(api.client.create(endpointSlices, slice)).resolves.toMatchObject({ ports });
  });
});

describe("with SCTP in the kernel", () => {
  it.each<[ProxyMode, string[]]>([
    ["nftables", []],
    ["userspace", ["spec.ports[1].protocol: SCTP is stored, but served in nftables mode only"]],
  ])("a Service is taken in %s mode", async (proxyMode, warnings) => {
    await using api = await startApi(kinds, { settings: { sctp: true, proxyMode } });
    const { spec } = await api.client.create(services, service(both));
    expect(spec?.ports?.[1]).toEqual({ name: "b", port: 80, protocol: "SCTP", targetPort: 80 });
    expect(api.warnings).toEqual(warnings);
  });
});
