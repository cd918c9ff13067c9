/**
 * Typed names of API resources. A component asks the {@link Client} for `pods` and gets `Pod`s;
 * everything else about a kind (defaults, validation, columns, controller) is in its {@link KindDefinition}.
 */
import type { KubeObject } from "./object.ts";
import type {
  ConfigMap,
  ControllerRevision,
  Deployment,
  EndpointSlice,
  Endpoints,
  Event,
  Ingress,
  IngressClass,
  Lease,
  Namespace,
  Node,
  Pod,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
} from "./types.ts";

/** Group, version and plural name of a resource, with the type of its objects carried along. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  /** Lower-case plural, as in the URL: `deployments`. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never present; ties the token to its object type. */
  readonly __type?: T;
}

/** `v1` or `apps/v1`. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version;
}

/** `pods` or `deployments.apps`, the name used in error messages and as the store's key prefix. */
export function groupResource(resource: { group: string; plural: string }): string {
  return resource.group ? `${resource.plural}.${resource.group}` : resource.plural;
}

function resource<T extends KubeObject>(
  group: string,
  version: string,
  plural: string,
  kind: string,
  namespaced = true,
): Resource<T> {
  return { group, version, plural, kind, namespaced };
}

export const namespaces = resource<Namespace>("", "v1", "namespaces", "Namespace", false);
export const nodes = resource<Node>("", "v1", "nodes", "Node", false);
export const pods = resource<Pod>("", "v1", "pods", "Pod");
export const podTemplates = resource<PodTemplate>("", "v1", "podtemplates", "PodTemplate");
export const services = resource<Service>("", "v1", "services", "Service");
export const endpoints = resource<Endpoints>("", "v1", "endpoints", "Endpoints");
export const configMaps = resource<ConfigMap>("", "v1", "configmaps", "ConfigMap");
export const secrets = resource<Secret>("", "v1", "secrets", "Secret");
export const serviceAccounts = resource<ServiceAccount>("", "v1", "serviceaccounts", "ServiceAccount");
export const events = resource<Event>("", "v1", "events", "Event");
export const replicationControllers = resource<ReplicationController>(
  "",
  "v1",
  "replicationcontrollers",
  "ReplicationController",
);
export const deployments = resource<Deployment>("apps", "v1", "deployments", "Deployment");
export const replicaSets = resource<ReplicaSet>("apps", "v1", "replicasets", "ReplicaSet");
export const statefulSets = resource<StatefulSet>("apps", "v1", "statefulsets", "StatefulSet");
export const controllerRevisions = resource<ControllerRevision>(
  "apps",
  "v1",
  "controllerrevisions",
  "ControllerRevision",
);
export const endpointSlices = resource<EndpointSlice>("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
export const leases = resource<Lease>("coordination.k8s.io", "v1", "leases", "Lease");
export const ingresses = resource<Ingress>("networking.k8s.io", "v1", "ingresses", "Ingress");
export const ingressClasses = resource<IngressClass>(
  "networking.k8s.io",
  "v1",
  "ingressclasses",
  "IngressClass",
  false,
);
