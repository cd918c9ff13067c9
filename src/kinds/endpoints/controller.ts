/** Writes the Endpoints of every Service with a selector: https://kubernetes.io/docs/concepts/services-networking/service/#endpoints */
import {
  type ControllerContext,
  type ControllerDefinition,
  type Requeue,
  watching,
} from "../../machinery/controller.ts";
import { equal } from "../../machinery/equal.ts";
import { keyOf, type ObjectKey, type Stored } from "../../machinery/object.ts";
import { endpoints, pods, services } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Endpoints, Service } from "../../machinery/types.ts";
import { isRefusedForGood } from "../endpoint-slice/write-slices.ts";
import {
  hasSelectedEndpoints,
  labelsFrom,
  podsOf,
  servicesOfPod,
  triggerTime,
  triggerTimeAnnotation,
} from "../service/pods-of-service.ts";
import { mostAddresses, subsetsOf } from "./subsets.ts";

const managedByLabel = "endpoints.kubernetes.io/managed-by";
const overCapacityAnnotation = "endpoints.kubernetes.io/over-capacity";
const name = "endpoint-controller";

export const endpointsController: ControllerDefinition = {
  name,
  watches: [
    watching(services, ({ object }) => [keyOf(object)]),
    watching(pods, servicesOfPod),
    // Ours changed by others are put right; ours whose Service went while nobody looked are removed.
    watching(endpoints, ({ object }) => (object.metadata.labels?.[managedByLabel] === name ? [keyOf(object)] : [])),
  ],
  reconcile,
};

async function reconcile(key: ObjectKey, context: ControllerContext): Promise<Requeue | void> {
  const { client } = context;
  const service = client.get(services, key);
  const present = client.get(endpoints, key);
  if (!service) {
    if (present) await remove(present, context);
    return;
  }
  if (!hasSelectedEndpoints(service) || service.metadata.deletionTimestamp) return;
  const wanted = endpointsOf(service, present, context);
  if (present && saysTheSame(present, wanted)) return;
  const verb = present ? "update" : "create";
  try {
    if (present) await client.update(endpoints, wanted);
    else await client.create(endpoints, wanted);
  } catch (error) {
    if (isRefusedForGood(error, key, client)) return;
    const why = error instanceof Error ? error.message : String(error);
    const reason = present ? "FailedToUpdateEndpoint" : "FailedToCreateEndpoint";
    const message = `Failed to ${verb} endpoint ${key.namespace}/${key.name}: ${why}`;
    context.events.record(present ?? service, "Warning", reason, message);
    throw error;
  }
}

function endpointsOf(
  service: Stored<Service>,
  present: Stored<Endpoints> | undefined,
  { client }: ControllerContext,
): Endpoints {
  const members = podsOf(service, client);
  const { [overCapacityAnnotation]: _over, ...annotations } = present?.metadata.annotations ?? {};
  const { namespace = "", name: serviceName } = service.metadata;
  return {
    ...present,
    metadata: {
      ...structuredClone(present?.metadata),
      namespace,
      name: serviceName,
      labels: { ...labelsFrom(service), [managedByLabel]: name },
      annotations: {
        ...annotations,
        [triggerTimeAnnotation]: triggerTime(service, members),
        ...(members.length > mostAddresses && { [overCapacityAnnotation]: "truncated" }),
      },
    },
    subsets: subsetsOf(service, members),
  };
}

/** The time of the trigger is no reason to write: it is told along with what it triggered. */
function saysTheSame(present: Stored<Endpoints>, wanted: Endpoints): boolean {
  return (
    equal(present.subsets ?? [], wanted.subsets ?? []) &&
    equal(present.metadata.labels ?? {}, wanted.metadata?.labels) &&
    present.metadata.annotations?.[overCapacityAnnotation] === wanted.metadata?.annotations?.[overCapacityAnnotation]
  );
}

async function remove({ metadata }: Stored<Endpoints>, { client }: ControllerContext): Promise<void> {
  const key = { namespace: metadata.namespace ?? "", name: metadata.name };
  try {
    await client.delete(endpoints, key, { preconditions: { uid: metadata.uid } });
  } catch (error) {
    if (!StatusError.is(error, "NotFound")) throw error;
  }
}
