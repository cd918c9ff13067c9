/**
 * Services and the EndpointSlices that belong to them, kept together by the Service's key: what the proxy and the DNS
 * server both compile from.
 */
import type { Client } from "./client.ts";
import { keyOf, type Stored } from "./object.ts";
import { endpointSlices, services } from "./resource.ts";
import type { EndpointSlice, Service } from "./types.ts";

/** Label by which a slice names its Service: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ownership */
export const serviceNameLabel = "kubernetes.io/service-name";

/** Key (`namespace/name`) of the Service that the slice belongs to; undefined for a slice of no Service. */
export function serviceKeyOf(slice: Stored<EndpointSlice>): string | undefined {
  const name = slice.metadata.labels?.[serviceNameLabel];
  return name ? `${slice.metadata.namespace}/${name}` : undefined;
}

export class ServiceSlices implements Disposable {
  readonly #services = new Map<string, Stored<Service>>();
  readonly #slices = new Map<string, Map<string, Stored<EndpointSlice>>>();
  readonly #watches: Disposable[];

  /**
   * Watches at once; `changed` is called synchronously with the key of each Service that is there, and later of each
   * that changed, came, went, or whose slices did.
   */
  constructor(client: Pick<Client, "watch">, changed: (serviceKey: string) => void) {
    this.#watches = [
      client.watch(services, ({ type, object }) => {
        const key = keyOf(object);
        if (type === "DELETED") this.#services.delete(key);
        else this.#services.set(key, object);
        changed(key);
      }),
      client.watch(endpointSlices, ({ type, object, previous }) => {
        const before = previous && serviceKeyOf(previous);
        const after = type === "DELETED" ? undefined : serviceKeyOf(object);
        const gone = before ?? serviceKeyOf(object);
        if (gone && gone !== after) {
          this.#remove(gone, keyOf(object));
          changed(gone);
        }
        if (after) {
          this.#add(after, object);
          changed(after);
        }
      }),
    ];
  }

  service(key: string): Stored<Service> | undefined {
    return this.#services.get(key);
  }

  /** In the order in which they came. */
  slices(key: string): readonly Stored<EndpointSlice>[] {
    return [...(this.#slices.get(key)?.values() ?? [])];
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  #add(serviceKey: string, slice: Stored<EndpointSlice>): void {
    const slices = this.#slices.get(serviceKey) ?? new Map<string, Stored<EndpointSlice>>();
    slices.set(keyOf(slice), slice);
    this.#slices.set(serviceKey, slices);
  }

  #remove(serviceKey: string, sliceKey: string): void {
    const slices = this.#slices.get(serviceKey);
    slices?.delete(sliceKey);
    if (slices?.size === 0) this.#slices.delete(serviceKey);
  }
}
