/**
 * The objects every cluster has: the four namespaces, the default IngressClass, and the Services `kubernetes` and
 * `kube-dns` with the addresses behind them, which no Pod stands for here. Written at each start; what is right already is left alone. A Service
 * that is deleted comes back, as in Kubernetes (`kubectl delete all --all` takes `kubernetes` along).
 */
import type { Client } from "./machinery/client.ts";
import { type ControllerDefinition, watching } from "./machinery/controller.ts";
import { defaultClassAnnotation, ingressController, ownClass } from "./machinery/ingress-class.ts";
import { dnsAddress, kubernetesAddress, podGateway } from "./machinery/network-names.ts";
import type { KubeObject, ObjectKey } from "./machinery/object.ts";
import {
  endpointSlices,
  endpoints,
  ingressClasses,
  namespaces,
  type Resource,
  services,
} from "./machinery/resource.ts";
import type { ClusterSettings } from "./machinery/settings.ts";
import type { Service } from "./machinery/types.ts";

/** Where a Service of the cluster itself is served by this process. */
interface Backing {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  clusterIP: string;
  ports: { name: string; protocol: "TCP" | "UDP"; port: number; targetPort: number }[];
  /** Address at which the process listens. */
  address: string;
}

/** Where the DNS server listens behind the address of `kube-dns`. */
export interface DnsBehind {
  address: string;
  port: number;
}

type Addresses = Pick<ClusterSettings, "podCidr" | "serviceCidr" | "apiPort">;

export async function bootstrap(client: Client, settings: ClusterSettings, dns: DnsBehind): Promise<void> {
  // What is written at once is on disk at once: a start waits for the disk twice instead of a dozen times.
  const names = ["default", "kube-system", "kube-public", "kube-node-lease"];
  const missing = names.filter((name) => !client.get(namespaces, { name }));
  await Promise.all(missing.map((name) => client.create(namespaces, { metadata: { name } })));
  await Promise.all([
    ...backingsOf(settings, dns).map((backing) => ensureBacking(client, backing)),
    ensureIngressClass(client),
  ]);
}

/** The class of Ingresses that name none. One that is there may have been made to be no default any more. */
async function ensureIngressClass(client: Client): Promise<void> {
  if (client.get(ingressClasses, { name: ownClass })) return;
  await client.create(ingressClasses, {
    metadata: { name: ownClass, annotations: { [defaultClassAnnotation]: "true" } },
    spec: { controller: ingressController },
  });
}

/** Brings the Services back when they, or the addresses behind them, are deleted. */
export function clusterServicesKeeper(settings: Addresses, dns: DnsBehind): ControllerDefinition {
  const backings = backingsOf(settings, dns);
  const named = ({ namespace, name }: ObjectKey) =>
    backings.find((backing) => backing.namespace === namespace && backing.name === name);
  const watchingFor = (resource: Resource) =>
    watching(resource, ({ type, object: { metadata } }) => {
      const key = { namespace: metadata.namespace ?? "", name: metadata.name };
      return type === "DELETED" && named(key) ? [`${key.namespace}/${key.name}`] : [];
    });
  return {
    name: "bootstrap-controller",
    watches: [services, endpoints, endpointSlices].map(watchingFor),
    async reconcile(key, { client }) {
      const backing = named(key);
      if (backing) await ensureBacking(client, backing);
    },
  };
}

function backingsOf(settings: Addresses, dns: DnsBehind): Backing[] {
  return [
    {
      namespace: "default",
      name: "kubernetes",
      labels: { component: "apiserver", provider: "kubernetes" },
      clusterIP: kubernetesAddress(settings),
      ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: settings.apiPort }],
      address: podGateway(settings),
    },
    {
      namespace: "kube-system",
      name: "kube-dns",
      labels: { "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
      clusterIP: dnsAddress(settings),
      ports: [
        { name: "dns", protocol: "UDP", port: 53, targetPort: dns.port },
        { name: "dns-tcp", protocol: "TCP", port: 53, targetPort: dns.port },
      ],
      address: dns.address,
    },
  ];
}

async function ensureBacking(client: Client, backing: Backing): Promise<void> {
  const { namespace, name, labels, clusterIP, address } = backing;
  const service: Service = {
    metadata: { name, namespace, labels },
    spec: { clusterIP, ports: backing.ports },
  };
  const ports = backing.ports.map(({ name: portName, protocol, targetPort }) => ({
    name: portName,
    port: targetPort,
    protocol,
  }));
  await Promise.all([
    client.get(services, { namespace, name }) ?? client.create(services, service),
    ensure(client, endpoints, {
      metadata: { name, namespace, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
      subsets: [{ addresses: [{ ip: address }], ports }],
    }),
    ensure(client, endpointSlices, {
      metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports,
    }),
  ]);
}

/** Creates the object, or gives it the content wanted; an update that changes nothing writes nothing. */
async function ensure<T extends KubeObject>(client: Client, resource: Resource<T>, object: T): Promise<void> {
  const key: ObjectKey = { namespace: object.metadata?.namespace ?? "", name: object.metadata?.name ?? "" };
  if (client.get(resource, key)) await client.update(resource, object);
  else await client.create(resource, object);
}
