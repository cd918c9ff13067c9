/** Writes the EndpointSlices of every Service with a selector: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/ */
import {
  type ControllerContext,
  type ControllerDefinition,
  type Requeue,
  watching,
} from "../../machinery/controller.ts";
import { controllerReference, keyOf, type ObjectKey, type Stored } from "../../machinery/object.ts";
import { endpointSlices, pods, services } from "../../machinery/resource.ts";
import { serviceNameLabel } from "../../machinery/service-slices.ts";
import type { Pod, Service } from "../../machinery/types.ts";
import {
  familiesOf,
  hasSelectedEndpoints,
  labelsFrom,
  podsOf,
  servicesOfPod,
  triggerTime,
  triggerTimeAnnotation,
} from "../service/pods-of-service.ts";
import { allocate } from "./allocate.ts";
import { groupByPorts } from "./endpoint.ts";
import { sliceIndex } from "./slice-index.ts";
import { isRefusedForGood, managedByLabel, removeSlices, type SliceMetadata, writeSlices } from "./write-slices.ts";

const manager = "endpointslice-controller.k8s.io";

export const endpointSliceController: ControllerDefinition = {
  name: "endpoint-slice-controller",
  watches: [
    watching(endpointSlices, (event, client) => sliceIndex(client).apply(event)),
    watching(services, ({ object }) => [keyOf(object)]),
    watching(pods, servicesOfPod),
  ],
  reconcile,
};

async function reconcile(key: ObjectKey, { client, events }: ControllerContext): Promise<Requeue | void> {
  const service = client.get(services, key);
  // A deleted Service's slices are garbage by their owner reference.
  if (!service || service.metadata.deletionTimestamp || !hasSelectedEndpoints(service)) return;
  const present = sliceIndex(client).slicesOf(keyOf(service), manager, client);
  const members = podsOf(service, client);
  const families = familiesOf(service);
  const metadata = metadataFor(service, members);
  try {
    await Promise.all(
      families.map((family) => {
        const ofFamily = present.filter(({ addressType }) => addressType === family);
        return writeSlices(client, family, allocate(groupByPorts(service, members, family), ofFamily), metadata);
      }),
    );
    await removeSlices(
      client,
      present.filter(({ addressType }) => !families.some((family) => family === addressType)),
    );
  } catch (error) {
    if (isRefusedForGood(error, key, client)) return;
    const why = error instanceof Error ? error.message : String(error);
    const message = `Error updating Endpoint Slices for Service ${key.namespace}/${key.name}: ${why}`;
    events.record(service, "Warning", "FailedToUpdateEndpointSlices", message);
    throw error;
  }
}

function metadataFor(service: Stored<Service>, members: readonly Pod[]): SliceMetadata {
  const { namespace = "", name } = service.metadata;
  return {
    namespace,
    generateName: `${name}-`,
    labels: { ...labelsFrom(service), [serviceNameLabel]: name, [managedByLabel]: manager },
    annotations: { [triggerTimeAnnotation]: triggerTime(service, members) },
    ownerReferences: [controllerReference(service)],
  };
}
