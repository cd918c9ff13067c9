/** Brings slices to what has been allocated, writing only those that change. */
import type { Client } from "../../machinery/client.ts";
import { equal } from "../../machinery/equal.ts";
import type { ObjectKey, Stored } from "../../machinery/object.ts";
import { endpointSlices, namespaces } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { EndpointSlice, ObjectMeta } from "../../machinery/types.ts";
import type { Allocation, Content } from "./allocate.ts";

export const managedByLabel = "endpointslice.kubernetes.io/managed-by";

/** What every slice of a Service carries. */
export type SliceMetadata = Required<
  Pick<ObjectMeta, "namespace" | "generateName" | "labels" | "annotations" | "ownerReferences">
>;

export async function writeSlices(
  client: Client,
  addressType: EndpointSlice["addressType"],
  { create, keep, remove }: Allocation,
  metadata: SliceMetadata,
): Promise<void> {
  await Promise.all([
    ...create.map((content) => client.create(endpointSlices, { addressType, metadata, ...content })),
    ...keep.map(({ slice, content }) => update(client, slice, content, metadata)),
    removeSlices(client, remove),
  ]);
}

export async function removeSlices(client: Client, slices: readonly Stored<EndpointSlice>[]): Promise<void> {
  await Promise.all(slices.map((slice) => removeSlice(client, slice)));
}

/** Annotations are no reason to write: they are told along with what changed. */
async function update(
  client: Client,
  slice: Stored<EndpointSlice>,
  { ports, endpoints }: Content,
  { labels, annotations }: SliceMetadata,
): Promise<void> {
  // `endpoints` may be missing in a slice written by others.
  if (equal([slice.ports ?? [], slice.endpoints ?? [], slice.metadata.labels], [ports, endpoints, labels])) return;
  const { metadata, ...rest } = structuredClone(slice);
  const told = { ...metadata, labels, annotations: { ...metadata.annotations, ...annotations } };
  await client.update(endpointSlices, { ...rest, metadata: told, ports, endpoints });
}

async function removeSlice(client: Client, { metadata }: Stored<EndpointSlice>): Promise<void> {
  const key = { namespace: metadata.namespace ?? "", name: metadata.name };
  try {
    await client.delete(endpointSlices, key, { preconditions: { uid: metadata.uid } });
  } catch (error) {
    if (!StatusError.is(error, "NotFound")) throw error;
  }
}

/** Nothing new comes into a namespace that is being deleted: what was refused there needs no second attempt. */
export function isRefusedForGood(error: unknown, { namespace = "" }: ObjectKey, client: Client): boolean {
  if (!StatusError.is(error, "Forbidden")) return false;
  return client.get(namespaces, { name: namespace })?.metadata.deletionTimestamp !== undefined;
}
