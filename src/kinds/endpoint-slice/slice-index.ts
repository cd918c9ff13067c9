/**
 * Which slices belong to which Service. Asked on every change of a Pod; reading all slices of a namespace each time
 * would make a namespace of thousands of Services slow.
 */
import type { Client, WatchEvent } from "../../machinery/client.ts";
import type { Stored } from "../../machinery/object.ts";
import { endpointSlices } from "../../machinery/resource.ts";
import { serviceKeyOf } from "../../machinery/service-slices.ts";
import type { EndpointSlice } from "../../machinery/types.ts";
import { managedByLabel } from "./write-slices.ts";

class SliceIndex {
  readonly #names = new Map<string, Set<string>>();

  /** Keeps up with a watch of slices. @returns keys of the Services that the change concerns. */
  apply({ type, object, previous }: WatchEvent<EndpointSlice>): string[] {
    const { name } = object.metadata;
    const before = previous && serviceKeyOf(previous);
    const after = serviceKeyOf(object);
    if (before && before !== after) this.#remove(before, name);
    if (after && type === "DELETED") this.#remove(after, name);
    if (after && type !== "DELETED") this.#add(after, name);
    return [before, after].filter((key) => key !== undefined);
  }

  /** Those that the manager (a value of the label `managed-by`) has made and that are not going, in order of names. */
  slicesOf(serviceKey: string, manager: string, client: Client): Stored<EndpointSlice>[] {
    const [namespace = ""] = serviceKey.split("/");
    return [...(this.#names.get(serviceKey) ?? [])]
      .sort()
      .map((name) => client.get(endpointSlices, { namespace, name }))
      .filter((slice) => slice !== undefined)
      .filter(({ metadata }) => metadata.labels?.[managedByLabel] === manager && !metadata.deletionTimestamp);
  }

  #add(serviceKey: string, name: string): void {
    const names = this.#names.get(serviceKey) ?? new Set<string>();
    this.#names.set(serviceKey, names.add(name));
  }

  #remove(serviceKey: string, name: string): void {
    const names = this.#names.get(serviceKey);
    names?.delete(name);
    if (names?.size === 0) this.#names.delete(serviceKey);
  }
}

/** One index for each API that is watched: the definitions of controllers are shared by all that run them. */
const indices = new WeakMap<Client, SliceIndex>();

export function sliceIndex(client: Client): SliceIndex {
  const index = indices.get(client) ?? new SliceIndex();
  indices.set(client, index);
  return index;
}
