/** How a Service and its Pods belong together: what both Endpoints and EndpointSlices are made from. */
import type { Client, WatchEvent } from "../../machinery/client.ts";
import { timestamp } from "../../machinery/clock.ts";
import { equal } from "../../machinery/equal.ts";
import { keyOf, type Stored } from "../../machinery/object.ts";
import { pods, services } from "../../machinery/resource.ts";
import type { ObjectReference, Pod, Service, ServicePort } from "../../machinery/types.ts";
import { isReady, isTerminal, readySince } from "../pod/condition.ts";
import { familyOf, type IpFamily } from "./cluster-ip-validation.ts";
import { selects } from "./selects.ts";

const headlessLabel = "service.kubernetes.io/headless";
export const triggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

/** Whether the Service's endpoints follow from its selector; those of others are their makers' business. */
export function hasSelectedEndpoints({ spec }: Service): boolean {
  return spec?.selector !== undefined && Object.keys(spec.selector).length > 0 && spec.type !== "ExternalName";
}

export function isHeadless({ spec }: Service): boolean {
  return spec?.clusterIP === "None";
}

/** Pods that can be reached or are to be: selected, with an address, not at their end. Includes those being deleted. */
export function podsOf(service: Stored<Service>, client: Client): Stored<Pod>[] {
  const { namespace = "" } = service.metadata;
  return client
    .list(pods, { namespace })
    .filter((pod) => selects(service, pod) && pod.status?.podIP && !isTerminal(pod));
}

/** Families of the Service's endpoints, the first of its own first. */
export function familiesOf({ spec }: Service): readonly IpFamily[] {
  const families = (spec?.ipFamilies ?? []) as IpFamily[];
  return families.length > 0 ? families : ["IPv4"];
}

/** The Pod's address of a family; undefined when it has none. */
export function addressIn({ status }: Pod, family: IpFamily): string | undefined {
  const all = status?.podIPs?.map(({ ip }) => ip) ?? [status?.podIP];
  return all.find((ip) => ip && familyOf(ip) === family);
}

/** The number a Service's port has in this Pod; undefined where the Pod has no port of the name. */
export function targetPortIn(pod: Pod, { targetPort, port, protocol = "TCP" }: ServicePort): number | undefined {
  if (targetPort === undefined) return port;
  if (typeof targetPort === "number") return targetPort;
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  return [...(pod.spec?.containers ?? []), ...sidecars]
    .flatMap((container) => container.ports ?? [])
    .find((candidate) => candidate.name === targetPort && (candidate.protocol ?? "TCP") === protocol)?.containerPort;
}

/** The name under which DNS knows the Pod within its headless Service. */
export function hostnameIn(service: Stored<Service>, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

export function referenceTo(pod: Stored<Pod>): ObjectReference {
  const { namespace, name, uid } = pod.metadata;
  return { kind: "Pod", ...(namespace && { namespace }), name, uid };
}

/** The latest change of the Service or one of the Pods that its endpoints tell: for measuring how fast they follow. */
export function triggerTime(service: Stored<Service>, members: readonly Pod[]): string {
  return timestamp(Math.max(Date.parse(service.metadata.creationTimestamp), ...members.map(readySince)));
}

/** Labels of the Service, and whether it is headless, as its endpoints carry them. */
export function labelsFrom(service: Stored<Service>): Record<string, string> {
  const { [headlessLabel]: _headless, ...labels } = service.metadata.labels ?? {};
  return { ...labels, ...(isHeadless(service) && { [headlessLabel]: "" }) };
}

/** Keys of the Services whose endpoints a change of a Pod may concern. */
export function servicesOfPod({ type, object, previous }: WatchEvent<Pod>, client: Client): string[] {
  if (type === "MODIFIED" && previous && equal(told(previous), told(object))) return [];
  const { namespace = "" } = object.metadata;
  const concerned: string[] = [];
  for (const service of client.list(services, { namespace })) {
    if (selects(service, object) || (previous && selects(service, previous))) concerned.push(keyOf(service));
  }
  return concerned;
}

/** All of a Pod that endpoints depend on and that can change. */
function told({ metadata, spec, status }: Stored<Pod>) {
  return {
    labels: metadata.labels,
    deleting: metadata.deletionTimestamp !== undefined,
    nodeName: spec?.nodeName,
    podIPs: status?.podIPs ?? status?.podIP,
    ready: isReady({ status: status ?? {} }),
    ended: isTerminal({ status: status ?? {} }),
  };
}
