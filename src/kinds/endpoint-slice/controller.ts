/** Writes the EndpointSlices of every Service with a selector: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/ */
import type { Client } from "../../machinery/client.ts";
import {
  type ControllerContext,
  type ControllerDefinition,
  type Requeue,
  watching,
} from "../../machinery/controller.ts";
import { equal } from "../../machinery/equal.ts";
import { controllerReference, keyOf, type ObjectKey, type Stored } from "../../machinery/object.ts";
import { endpointSlices, namespaces, pods, services } from "../../machinery/resource.ts";
import { serviceNameLabel } from "../../machinery/service-slices.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { EndpointSlice, Pod, Service } from "../../machinery/types.ts";
import {
  hasSelectedEndpoints,
  labelsFrom,
  podsOf,
  servicesOfPod,
  triggerTime,
  triggerTimeAnnotation,
} from "../service/pods-of-service.ts";
import { allocate, type Content } from "./allocate.ts";
import { groupByPorts } from "./endpoint.ts";
import { SliceIndex } from "./slice-index.ts";

const managedByLabel = "endpointslice.kubernetes.io/managed-by";
const manager = "endpointslice-controller.k8s.io";

/** One index for each API that is watched: a definition is shared by all that run it. */
const indices = new WeakMap<Client, SliceIndex>();

function indexOf(client: Client): SliceIndex {
  const index = indices.get(client) ?? new SliceIndex();
  indices.set(client, index);
  return index;
}

export const endpointSliceController: ControllerDefinition = {
  name: "endpoint-slice-controller",
  watches: [
    watching(endpointSlices, (event, client) => indexOf(client).apply(event)),
    watching(services, ({ object }) => [keyOf(object)]),
    watching(pods, servicesOfPod),
  ],
  reconcile,
};

async function reconcile(key: ObjectKey, context: ControllerContext): Promise<Requeue | void> {
  const { client } = context;
  const service = client.get(services, key);
  // A deleted Service's slices are garbage by their owner reference.
  if (!service || service.metadata.deletionTimestamp || !hasSelectedEndpoints(service)) return;
  const present = indexOf(client)
    .slicesOf(keyOf(service), client)
    .filter((slice) => isOurs(slice) && !slice.metadata.deletionTimestamp);
  const members = podsOf(service, client);
  const { create, keep, remove } = allocate(groupByPorts(service, members), present);
  try {
    await Promise.all([
      ...create.map((content) => client.create(endpointSlices, newSlice(service, members, content))),
      ...keep.map(({ slice, content }) => update(service, members, slice, content, client)),
      ...remove.map((slice) => removeSlice(slice, client)),
    ]);
  } catch (error) {
    if (StatusError.is(error, "Forbidden") && isLeaving(key, client)) return;
    const why = error instanceof Error ? error.message : String(error);
    const message = `Error updating Endpoint Slices for Service ${key.namespace}/${key.name}: ${why}`;
    context.events.record(service, "Warning", "FailedToUpdateEndpointSlices", message);
    throw error;
  }
}

function isOurs({ metadata, addressType }: Stored<EndpointSlice>): boolean {
  return metadata.labels?.[managedByLabel] === manager && addressType === "IPv4";
}

function newSlice(service: Stored<Service>, members: readonly Pod[], { ports, endpoints }: Content): EndpointSlice {
  const { namespace = "", name } = service.metadata;
  return {
    addressType: "IPv4",
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: labelsOf(service),
      annotations: { [triggerTimeAnnotation]: triggerTime(service, members) },
      ownerReferences: [controllerReference(service)],
    },
    endpoints,
    ports,
  };
}

async function update(
  service: Stored<Service>,
  members: readonly Pod[],
  slice: Stored<EndpointSlice>,
  { ports, endpoints }: Content,
  client: Client,
): Promise<void> {
  const labels = labelsOf(service);
  const same = equal([slice.ports ?? [], slice.endpoints ?? [], slice.metadata.labels], [ports, endpoints, labels]);
  if (same) return;
  const annotations = { ...slice.metadata.annotations, [triggerTimeAnnotation]: triggerTime(service, members) };
  const metadata = { ...structuredClone(slice.metadata), labels, annotations };
  await client.update(endpointSlices, { ...structuredClone(slice), metadata, ports, endpoints });
}

function labelsOf(service: Stored<Service>): Record<string, string> {
  return { ...labelsFrom(service), [serviceNameLabel]: service.metadata.name, [managedByLabel]: manager };
}

async function removeSlice({ metadata }: Stored<EndpointSlice>, client: Client): Promise<void> {
  const key = { namespace: metadata.namespace ?? "", name: metadata.name };
  try {
    await client.delete(endpointSlices, key, { preconditions: { uid: metadata.uid } });
  } catch (error) {
    if (!StatusError.is(error, "NotFound")) throw error;
  }
}

/** Nothing new comes into a namespace that is being deleted. */
function isLeaving({ namespace = "" }: ObjectKey, client: Client): boolean {
  return client.get(namespaces, { name: namespace })?.metadata.deletionTimestamp !== undefined;
}
