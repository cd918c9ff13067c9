/**
 * Gives Endpoints that somebody wrote by hand, for a Service without a selector, the EndpointSlices that traffic and
 * DNS follow. Rule: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#endpointslice-mirroring
 */
import {
  type ControllerContext,
  type ControllerDefinition,
  type Requeue,
  watching,
} from "../../machinery/controller.ts";
import { controllerReference, keyOf, type ObjectKey, type Stored } from "../../machinery/object.ts";
import { endpointSlices, endpoints, services } from "../../machinery/resource.ts";
import { serviceNameLabel } from "../../machinery/service-slices.ts";
import type { Endpoint, Endpoints, Service } from "../../machinery/types.ts";
import { allocate } from "../endpoint-slice/allocate.ts";
import type { PortGroup } from "../endpoint-slice/endpoint.ts";
import { sliceIndex } from "../endpoint-slice/slice-index.ts";
import { isRefusedForGood, managedByLabel, type SliceMetadata, writeSlices } from "../endpoint-slice/write-slices.ts";
import { familyOf, type IpFamily } from "../service/cluster-ip-validation.ts";
import { triggerTimeAnnotation } from "../service/pods-of-service.ts";
import { mostAddresses } from "./subsets.ts";

const manager = "endpointslicemirroring-controller.k8s.io";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
/** Endpoints of this kind are locks, not addresses. */
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";

export const endpointsMirror: ControllerDefinition = {
  name: "endpoint-slice-mirroring-controller",
  watches: [
    watching(endpointSlices, (event, client) => sliceIndex(client).apply(event)),
    watching(endpoints, ({ object }) => [keyOf(object)]),
    watching(services, ({ object }) => [keyOf(object)]),
  ],
  reconcile,
};

async function reconcile(key: ObjectKey, { client, events }: ControllerContext): Promise<Requeue | void> {
  const source = client.get(endpoints, key);
  const service = client.get(services, key);
  // Slices of Endpoints that are gone are garbage by their owner reference.
  if (!source || source.metadata.deletionTimestamp) return;
  const present = sliceIndex(client).slicesOf(keyOf(source), manager, client);
  const metadata = metadataFor(source);
  const write = (family: IpFamily): Promise<void> => {
    const groups = isMirrored(source, service) ? groupsOf(source, family) : [];
    const ofFamily = present.filter(({ addressType }) => addressType === family);
    const allocation = groups.length > 0 ? allocate(groups, ofFamily) : { create: [], keep: [], remove: ofFamily };
    return writeSlices(client, family, allocation, metadata);
  };
  try {
    await Promise.all([write("IPv4"), write("IPv6")]);
  } catch (error) {
    if (isRefusedForGood(error, key, client)) return;
    const why = error instanceof Error ? error.message : String(error);
    const message = `Failed to update EndpointSlices for Endpoints ${key.namespace}/${key.name}: ${why}`;
    events.record(source, "Warning", "FailedToUpdateEndpointSlices", message);
    throw error;
  }
}

function isMirrored({ metadata }: Stored<Endpoints>, service: Stored<Service> | undefined): boolean {
  if (!service || Object.keys(service.spec?.selector ?? {}).length > 0) return false;
  return metadata.labels?.[skipLabel] !== "true" && metadata.annotations?.[leaderAnnotation] === undefined;
}

/** @param family of the addresses that are mirrored; each has slices of its own. */
function groupsOf(source: Stored<Endpoints>, family: IpFamily): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of source.subsets ?? []) {
    const isMember = ({ ip }: Address): boolean => familyOf(ip) === family;
    const members = { ready: addresses.filter(isMember), notReady: notReadyAddresses.filter(isMember) };
    if (members.ready.length + members.notReady.length === 0) continue;
    const named = ports.map(({ name = "", ...port }) => ({ name, ...port }));
    const key = JSON.stringify(named);
    const group = groups.get(key) ?? { ports: named, endpoints: [] };
    groups.set(key, group);
    const mirrored = [
      ...members.ready.map((address) => endpoint(address, true)),
      ...members.notReady.map((address) => endpoint(address, false)),
    ];
    group.endpoints.push(...mirrored.slice(0, mostAddresses));
  }
  return [...groups.values()];
}

type Address = NonNullable<NonNullable<Endpoints["subsets"]>[number]["addresses"]>[number];

function endpoint({ ip, hostname, nodeName, targetRef }: Address, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    ...(targetRef && { targetRef }),
  };
}

function metadataFor(source: Stored<Endpoints>): SliceMetadata {
  const { namespace = "", name, labels, annotations } = source.metadata;
  const {
    [triggerTimeAnnotation]: _time,
    "kubectl.kubernetes.io/last-applied-configuration": _applied,
    ...passedOn
  } = annotations ?? {};
  return {
    namespace,
    generateName: `${name}-`,
    labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: manager },
    annotations: passedOn,
    ownerReferences: [controllerReference(source)],
  };
}
