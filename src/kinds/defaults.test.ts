/** What a real API server makes of minimal objects. */
import { describe, expect, it } from "vitest";
import { defaulted } from "../../test/support/kinds.ts";
import type { KubeObject } from "../machinery/object.ts";
import { kinds } from "./index.ts";

const containerDefaults = {
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  imagePullPolicy: "IfNotPresent",
};
const specDefaults = {
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
};
const probeDefaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
const labels = { a: "b" };
const container = { name: "c", image: "busybox:1.35" };
const template = { metadata: { labels }, spec: { containers: [container] } };
const fullTemplate = {
  metadata: { labels },
  spec: { containers: [{ ...container, ...containerDefaults }], ...specDefaults },
};
const selector = { matchLabels: labels };
const serviceDefaults = { type: "ClusterIP", sessionAffinity: "None", internalTrafficPolicy: "Cluster" };
const noBalancer = { loadBalancer: {} };
const port80 = { port: 80, protocol: "TCP", targetPort: 80 };

/** Kind, what is sent, what is stored. */
const cases: [kind: string, sent: object, stored: object][] = [
  [
    "Deployment",
    { spec: { selector, template } },
    {
      spec: {
        replicas: 1,
        selector,
        template: fullTemplate,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      },
      status: {},
    },
  ],
  [
    "Deployment",
    { spec: { replicas: 0, selector, template, strategy: { type: "Recreate" } }, status: { replicas: 7 } },
    {
      spec: {
        replicas: 0,
        selector,
        template: fullTemplate,
        strategy: { type: "Recreate" },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      },
      status: {},
    },
  ],
  [
    "ReplicaSet",
    { spec: { selector, template } },
    { spec: { replicas: 1, selector, template: fullTemplate }, status: { replicas: 0 } },
  ],
  [
    "ReplicationController",
    { spec: { replicas: 0, template } },
    {
      metadata: { name: "x", labels },
      spec: { replicas: 0, selector: labels, template: fullTemplate },
      status: { replicas: 0 },
    },
  ],
  [
    "StatefulSet",
    { spec: { serviceName: "db", selector, template } },
    {
      spec: {
        replicas: 1,
        serviceName: "db",
        selector,
        template: fullTemplate,
        podManagementPolicy: "OrderedReady",
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
        revisionHistoryLimit: 10,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      },
      status: { replicas: 0, availableReplicas: 0 },
    },
  ],
  [
    "Service",
    { spec: { selector: labels, ports: [{ port: 80 }] } },
    { spec: { ...serviceDefaults, selector: labels, ports: [port80] }, status: noBalancer },
  ],
  [
    "Service",
    { spec: { type: "NodePort", ports: [{ port: 80, targetPort: "http" }] } },
    {
      spec: {
        ...serviceDefaults,
        type: "NodePort",
        ports: [{ port: 80, protocol: "TCP", targetPort: "http" }],
        externalTrafficPolicy: "Cluster",
      },
      status: noBalancer,
    },
  ],
  [
    "Service",
    { spec: { type: "LoadBalancer", ports: [{ port: 80 }] } },
    {
      spec: {
        ...serviceDefaults,
        type: "LoadBalancer",
        ports: [port80],
        externalTrafficPolicy: "Cluster",
        allocateLoadBalancerNodePorts: true,
      },
      status: noBalancer,
    },
  ],
  [
    "Service",
    { spec: { type: "ExternalName", externalName: "example.com" } },
    { spec: { type: "ExternalName", sessionAffinity: "None", externalName: "example.com" }, status: noBalancer },
  ],
  [
    "Service",
    { spec: { sessionAffinity: "ClientIP", ports: [{ name: "b", port: 81, protocol: "UDP" }] } },
    {
      spec: {
        ...serviceDefaults,
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
        ports: [{ name: "b", port: 81, protocol: "UDP", targetPort: 81 }],
      },
      status: noBalancer,
    },
  ],
  [
    "Pod",
    {
      spec: {
        volumes: [
          { name: "v", configMap: { name: "cm" } },
          { name: "e" },
          { name: "s", secret: { secretName: "x" } },
          { name: "h", hostPath: { path: "/tmp" } },
          { name: "d", downwardAPI: { items: [{ path: "l", fieldRef: { fieldPath: "metadata.labels" } }] } },
          { name: "pr", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
        ],
        initContainers: [{ name: "i", image: "busybox" }],
        containers: [
          {
            name: "c",
            image: "nginx",
            ports: [{ containerPort: 80 }],
            readinessProbe: { tcpSocket: { port: 80 } },
            livenessProbe: { httpGet: { port: 80 } },
            resources: { limits: { cpu: "500m", memory: "64Mi" } },
            env: [{ name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
          },
        ],
      },
    },
    {
      spec: {
        ...specDefaults,
        enableServiceLinks: true,
        volumes: [
          { name: "v", configMap: { name: "cm", defaultMode: 420 } },
          { name: "e", emptyDir: {} },
          { name: "s", secret: { secretName: "x", defaultMode: 420 } },
          { name: "h", hostPath: { path: "/tmp", type: "" } },
          {
            name: "d",
            downwardAPI: {
              items: [{ path: "l", fieldRef: { apiVersion: "v1", fieldPath: "metadata.labels" } }],
              defaultMode: 420,
            },
          },
          {
            name: "pr",
            projected: { sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 3600 } }], defaultMode: 420 },
          },
        ],
        initContainers: [{ name: "i", image: "busybox", ...containerDefaults, imagePullPolicy: "Always" }],
        containers: [
          {
            name: "c",
            image: "nginx",
            ...containerDefaults,
            imagePullPolicy: "Always",
            ports: [{ containerPort: 80, protocol: "TCP" }],
            readinessProbe: { tcpSocket: { port: 80 }, ...probeDefaults },
            livenessProbe: { httpGet: { port: 80, path: "/", scheme: "HTTP" }, ...probeDefaults },
            resources: { limits: { cpu: "500m", memory: "64Mi" }, requests: { cpu: "500m", memory: "64Mi" } },
            env: [{ name: "IP", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } } }],
          },
        ],
      },
      status: { phase: "Pending", qosClass: "Burstable" },
    },
  ],
  [
    "Pod",
    {
      spec: {
        hostNetwork: true,
        serviceAccountName: "bot",
        containers: [{ ...container, ports: [{ containerPort: 80 }] }],
      },
    },
    {
      spec: {
        ...specDefaults,
        enableServiceLinks: true,
        hostNetwork: true,
        serviceAccountName: "bot",
        serviceAccount: "bot",
        containers: [
          { ...container, ...containerDefaults, ports: [{ containerPort: 80, hostPort: 80, protocol: "TCP" }] },
        ],
      },
      status: { phase: "Pending", qosClass: "BestEffort" },
    },
  ],
  [
    "Secret",
    { stringData: { k: "v" }, data: { k: "AA==", l: "AA==" } },
    { data: { k: "dg==", l: "AA==" }, type: "Opaque" },
  ],
  ["ConfigMap", { data: { a: "1" } }, { data: { a: "1" } }],
  ["ServiceAccount", {}, {}],
  [
    "Namespace",
    {},
    {
      metadata: { name: "x", labels: { "kubernetes.io/metadata.name": "x" } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    },
  ],
  [
    "Endpoints",
    { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] },
    { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80, protocol: "TCP" }] }] },
  ],
  [
    "EndpointSlice",
    { addressType: "IPv4", endpoints: [], ports: [{ port: 80 }] },
    { addressType: "IPv4", endpoints: [], ports: [{ name: "", port: 80, protocol: "TCP" }] },
  ],
];

function kindNamed(name: string) {
  const kind = kinds.find((candidate) => candidate.resource.kind === name);
  if (!kind) throw new Error(`no kind ${name}`);
  return kind;
}

describe("defaults", () => {
  it.each(cases)("of a %s: %j", (name, sent, stored) => {
    const metadata = { name: "x" };
    expect(defaulted(kindNamed(name), { metadata, ...sent })).toEqual({ metadata, ...stored });
  });

  it.each(cases)("of a %s change nothing when applied again: %j", (name, sent) => {
    const kind = kindNamed(name);
    const once = defaulted<KubeObject>(kind, { metadata: { name: "x" }, ...sent });
    const twice = structuredClone(once);
    kind.defaults?.(twice);
    expect(twice).toEqual(once);
  });
});
