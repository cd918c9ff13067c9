/** What one Pod is to the clients of a Service. Rule: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions */
import type { Stored } from "../../machinery/object.ts";
import type { Endpoint, EndpointSlice, Pod, Service } from "../../machinery/types.ts";
import { isReady } from "../pod/condition.ts";
import type { IpFamily } from "../service/cluster-ip-validation.ts";
import { addressIn, hostnameIn, referenceTo, targetPortIn } from "../service/pods-of-service.ts";

export type EndpointPort = NonNullable<EndpointSlice["ports"]>[number];

/** Endpoints whose Pods have the Service's ports at the same numbers. */
export interface PortGroup {
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

/**
 * @param members the Service's Pods, including those being deleted.
 * @param family of the addresses; Pods that have none of it are left out.
 */
export function groupByPorts(service: Stored<Service>, members: readonly Stored<Pod>[], family: IpFamily): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  for (const pod of members) {
    const address = addressIn(pod, family);
    if (address === undefined) continue;
    const ports = portsIn(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(service, pod, address));
  }
  return [...groups.values()];
}

function portsIn(service: Stored<Service>, pod: Stored<Pod>): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPortIn(pod, port);
    if (number === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = port;
    return [{ name, protocol, port: number, ...(appProtocol && { appProtocol }) }];
  });
}

function endpointOf(service: Stored<Service>, pod: Stored<Pod>, address: string): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameIn(service, pod);
  const { nodeName } = pod.spec ?? {};
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: referenceTo(pod),
  };
}
