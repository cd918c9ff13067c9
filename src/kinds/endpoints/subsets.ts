/**
 * The `subsets` of Endpoints: addresses grouped by the ports they have in common.
 * Rule: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/
 */
import type { Stored } from "../../machinery/object.ts";
import type { Endpoints, Pod, Service } from "../../machinery/types.ts";
import { isReady } from "../pod/condition.ts";
import {
  addressIn,
  familiesOf,
  hostnameIn,
  isHeadless,
  referenceTo,
  targetPortIn,
} from "../service/pods-of-service.ts";

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];
type Port = NonNullable<Subset["ports"]>[number];

/** Addresses beyond are left out (and an annotation says so): https://kubernetes.io/docs/concepts/services-networking/service/#over-capacity-endpoints */
export const mostAddresses = 1_000;

interface PortGroup {
  port: Port | undefined;
  /** By address and Pod. */
  ready: Map<string, Address>;
  notReady: Map<string, Address>;
}

/** @param members the Service's Pods; those being deleted are left out. */
export function subsetsOf(service: Stored<Service>, members: readonly Stored<Pod>[]): Subset[] {
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  // Endpoints tell of one family only.
  const [family = "IPv4"] = familiesOf(service);
  const groups = new Map<string, PortGroup>();
  for (const pod of withinCapacity(members)) {
    const ip = addressIn(pod, family);
    if (ip === undefined) continue;
    const side = publishAll || isReady(pod) ? "ready" : "notReady";
    for (const port of portsIn(service, pod)) {
      const key = JSON.stringify(port ?? null);
      const group = groups.get(key) ?? { port, ready: new Map(), notReady: new Map() };
      groups.set(key, group);
      group[side].set(`${ip} ${pod.metadata.uid}`, addressOf(service, pod, ip));
    }
  }
  return mergePorts([...groups.values()]);
}

/** Not ready ones give way first. */
function withinCapacity(members: readonly Stored<Pod>[]): readonly Stored<Pod>[] {
  const staying = members.filter((pod) => !pod.metadata.deletionTimestamp);
  if (staying.length <= mostAddresses) return staying;
  return [...staying].sort((a, b) => Number(isReady(b)) - Number(isReady(a))).slice(0, mostAddresses);
}

function portsIn(service: Stored<Service>, pod: Stored<Pod>): (Port | undefined)[] {
  const declared = service.spec?.ports ?? [];
  // A headless Service needs no ports: its addresses are all there is to tell.
  if (declared.length === 0) return isHeadless(service) ? [undefined] : [];
  return declared.flatMap((port) => {
    const number = targetPortIn(pod, port);
    if (number === undefined) return [];
    const { name, protocol = "TCP", appProtocol } = port;
    return [{ ...(name && { name }), port: number, protocol, ...(appProtocol && { appProtocol }) }];
  });
}

function addressOf(service: Stored<Service>, pod: Stored<Pod>, ip: string): Address {
  const hostname = hostnameIn(service, pod);
  const { nodeName } = pod.spec ?? {};
  return {
    ip,
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: referenceTo(pod),
  };
}

/** Ports that the very same addresses have go into one subset. */
function mergePorts(groups: readonly PortGroup[]): Subset[] {
  const subsets = new Map<string, Subset>();
  for (const { port, ready, notReady } of groups) {
    const key = JSON.stringify([[...ready.keys()].sort(), [...notReady.keys()].sort()]);
    const subset = subsets.get(key) ?? {
      ...(ready.size > 0 && { addresses: inOrder(ready) }),
      ...(notReady.size > 0 && { notReadyAddresses: inOrder(notReady) }),
    };
    if (port) subset.ports = [...(subset.ports ?? []), port];
    subsets.set(key, subset);
  }
  return [...subsets.values()];
}

function inOrder(addresses: ReadonlyMap<string, Address>): Address[] {
  return [...addresses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
}
