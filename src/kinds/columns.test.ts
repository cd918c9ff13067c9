/** What `kubectl get` prints of each kind. */
import { expect, it } from "vitest";
import type { KubeObject, Stored } from "../machinery/object.ts";
import { kinds } from "./index.ts";

const now = Date.UTC(2026, 0, 1, 1, 0, 0);
const metadata = {
  name: "x",
  namespace: "default",
  uid: "u",
  resourceVersion: "1",
  creationTimestamp: "2026-01-01T00:00:00Z",
};

function kindNamed(name: string) {
  const kind = kinds.find((candidate) => candidate.resource.kind === name);
  if (!kind) throw new Error(`no kind ${name}`);
  return kind;
}

/** As `-o wide` shows them; columns that it alone shows are in brackets. */
it.each<[kind: string, header: string]>([
  ["ConfigMap", "Name Data Age"],
  ["Endpoints", "Name Endpoints Age"],
  ["Event", "Last Seen,Type,Reason,Object,[Subobject],[Source],Message,[First Seen],[Count],[Name]"],
  ["Namespace", "Name Status Age"],
  ["Node", "Name Status Roles Age Version [Internal-IP] [External-IP] [OS-Image] [Kernel-Version] [Container-Runtime]"],
  ["Pod", "Name,Ready,Status,Restarts,Age,[IP],[Node],[Nominated Node],[Readiness Gates]"],
  ["PodTemplate", "Name,Containers,Images,Pod Labels,Age"],
  ["ReplicationController", "Name Desired Current Ready Age [Containers] [Images] [Selector]"],
  ["Secret", "Name Type Data Age"],
  ["ServiceAccount", "Name Secrets Age"],
  ["Service", "Name Type Cluster-IP External-IP Port(s) Age [Selector]"],
  ["ControllerRevision", "Name Controller Revision Age"],
  ["Deployment", "Name Ready Up-to-date Available Age [Containers] [Images] [Selector]"],
  ["ReplicaSet", "Name Desired Current Ready Age [Containers] [Images] [Selector]"],
  ["StatefulSet", "Name Ready Age [Containers] [Images]"],
  ["Lease", "Name Holder Age"],
  ["EndpointSlice", "Name AddressType Ports Endpoints Age"],
  ["Ingress", "Name Class Hosts Address Ports Age"],
  ["IngressClass", "Name Controller Parameters Age"],
])("the columns of a %s are %s", (name, header) => {
  const names = kindNamed(name).columns.map((column) => (column.priority ? `[${column.name}]` : column.name));
  expect(names.join(header.includes(",") ? "," : " ")).toBe(header);
});

const template = {
  metadata: { labels: { a: "b" } },
  spec: {
    containers: [
      { name: "c", image: "nginx:1" },
      { name: "d", image: "redis:7" },
    ],
  },
};
const ips = (...last: number[]) => last.map((number) => ({ ip: `10.0.0.${number}` }));

it.each<[kind: string, object: object, cells: (string | number)[]]>([
  ["ConfigMap", { data: { a: "1" }, binaryData: { b: "AA==" } }, ["x", "2", "60m"]],
  ["Secret", { type: "Opaque", data: { a: "1" } }, ["x", "Opaque", "1", "60m"]],
  ["Ingress", { spec: { defaultBackend: {} } }, ["x", "<none>", "*", "", "80", "60m"]],
  [
    "Ingress",
    {
      spec: { ingressClassName: "skiff", tls: [{}], rules: ["a", "b", "c", "d", "e"].map((host) => ({ host })) },
      status: { loadBalancer: { ingress: ips(2, 1) } },
    },
    ["x", "skiff", "a,b,c + 2 more...", "10.0.0.1,10.0.0.2", "80, 443", "60m"],
  ],
  ["IngressClass", { spec: { controller: "a.b/c" } }, ["x", "a.b/c", "<none>", "60m"]],
  [
    "IngressClass",
    { spec: { controller: "a.b/c", parameters: { apiGroup: "a.b", kind: "Parameters", name: "p" } } },
    ["x", "a.b/c", "Parameters.a.b/p", "60m"],
  ],
  ["Namespace", { status: { phase: "Active" } }, ["x", "Active", "60m"]],
  [
    "Deployment",
    {
      spec: { replicas: 3, selector: { matchLabels: { b: "c", a: "b" } }, template },
      status: { readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 },
    },
    ["x", "2/3", "1", "2", "60m", "c,d", "nginx:1,redis:7", "a=b,b=c"],
  ],
  [
    "ReplicaSet",
    {
      spec: { replicas: 3, selector: { matchLabels: { a: "b" } }, template },
      status: { replicas: 2, readyReplicas: 1 },
    },
    ["x", 3, 2, 1, "60m", "c,d", "nginx:1,redis:7", "a=b"],
  ],
  [
    "StatefulSet",
    { spec: { replicas: 3, template }, status: { readyReplicas: 1 } },
    ["x", "1/3", "60m", "c,d", "nginx:1,redis:7"],
  ],
  [
    "Service",
    {
      spec: {
        type: "NodePort",
        clusterIP: "10.96.0.9",
        selector: { a: "b" },
        ports: [
          { port: 80, nodePort: 30080, protocol: "TCP" },
          { port: 53, protocol: "UDP" },
        ],
      },
    },
    ["x", "NodePort", "10.96.0.9", "<none>", "80:30080/TCP,53/UDP", "60m", "a=b"],
  ],
  [
    "Service",
    { spec: { type: "ExternalName", externalName: "example.com" } },
    ["x", "ExternalName", "<none>", "example.com", "<none>", "60m", "<none>"],
  ],
  [
    "Service",
    { spec: { type: "LoadBalancer", clusterIP: "10.96.0.9", ports: [{ port: 80, protocol: "TCP" }] } },
    ["x", "LoadBalancer", "10.96.0.9", "<pending>", "80/TCP", "60m", "<none>"],
  ],
  [
    "Endpoints",
    { subsets: [{ addresses: ips(1, 2, 3, 4), ports: [{ port: 80 }] }] },
    ["x", "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...", "60m"],
  ],
  ["Endpoints", { subsets: [{ notReadyAddresses: ips(1), ports: [{ port: 80 }] }] }, ["x", "", "60m"]],
  ["Endpoints", { subsets: [{ addresses: ips(1) }] }, ["x", "10.0.0.1", "60m"]],
  [
    "EndpointSlice",
    {
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1"] }, { addresses: ["10.0.0.2"] }],
      ports: [{ port: 80 }],
    },
    ["x", "IPv4", "80", "10.0.0.1,10.0.0.2", "60m"],
  ],
  ["EndpointSlice", { addressType: "IPv4", endpoints: [] }, ["x", "IPv4", "<unset>", "<unset>", "60m"]],
  [
    "ControllerRevision",
    {
      metadata: {
        ...metadata,
        ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "u", controller: true }],
      },
      revision: 2,
    },
    ["x", "statefulset.apps/web", "2", "60m"],
  ],
  [
    "Event",
    {
      type: "Normal",
      reason: "Scheduled",
      message: "Successfully assigned\n",
      involvedObject: { kind: "Pod", name: "p", fieldPath: "spec.containers{c}" },
      source: { component: "kubelet", host: "node-1" },
      firstTimestamp: "2026-01-01T00:30:00Z",
      lastTimestamp: "2026-01-01T00:59:50Z",
      count: 4,
    },
    [
      "10s",
      "Normal",
      "Scheduled",
      "pod/p",
      "spec.containers{c}",
      "kubelet, node-1",
      "Successfully assigned",
      "30m",
      "4",
      "x",
    ],
  ],
  [
    "Node",
    {
      metadata: {
        ...metadata,
        labels: { "node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": "" },
      },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        addresses: [{ type: "InternalIP", address: "192.168.0.10" }],
        nodeInfo: { kubeletVersion: "v1.33.0", osImage: "Debian", containerRuntimeVersion: "docker://20.10.24" },
      },
    },
    [
      "x",
      "Ready,SchedulingDisabled",
      "control-plane,worker",
      "60m",
      "v1.33.0",
      "192.168.0.10",
      "<none>",
      "Debian",
      "<unknown>",
      "docker://20.10.24",
    ],
  ],
])("a %s is shown in full", (name, object, cells) => {
  const stored = { metadata, ...object } as Stored<KubeObject>;
  expect(kindNamed(name).columns.map((column) => column.value(stored, now))).toEqual(cells);
});
