/**
 * Which slices belong to which Service. Asked on every change of a Pod; reading all slices of a namespace each time
 * would make a namespace of thousands of Services slow.
 */
import type { Client, WatchEvent } from "../../machinery/client.ts";
import type { Stored } from "../../machinery/object.ts";
import { endpointSlices } from "../../machinery/resource.ts";
import { serviceKeyOf } from "../../machinery/service-slices.ts";
import type { EndpointSlice } from "../../machinery/types.ts";

export class SliceIndex {
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

  /** In order of their names. */
  slicesOf(serviceKey: string, client: Client): Stored<EndpointSlice>[] {
    const [namespace = ""] = serviceKey.split("/");
    return [...(this.#names.get(serviceKey) ?? [])]
      .sort()
      .map((name) => client.get(endpointSlices, { namespace, name }))
      .filter((slice) => slice !== undefined);
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
