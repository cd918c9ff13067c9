/**
 * Which Pods get requests through headless Services: the proxy has no rules for these, so the Ingress controller alone knows
 * (docs/adr/0003-traffic-before-status.md).
 */
import type { ServiceSlices } from "../machinery/service-slices.ts";
import type { Traffic } from "../machinery/traffic.ts";
import { podUidsBehind } from "./endpoints.ts";

export class HeadlessTraffic implements Traffic {
  readonly #isAsked: (serviceKey: string) => boolean;
  /** By key of a headless Service, whether it is asked or not. */
  readonly #reached = new Map<string, ReadonlySet<string>>();
  readonly #listeners = new Set<(podUids: ReadonlySet<string>) => void>();

  /** @param isAsked whether requests are sent to the Service with this key (`namespace/name`). */
  constructor(isAsked: (serviceKey: string) => boolean) {
    this.#isAsked = isAsked;
  }

  /** Call it when the endpoints in `slices` are those in use. */
  changed(key: string, slices: Pick<ServiceSlices, "service" | "slices">): void {
    const service = slices.service(key);
    const before = this.#reached.get(key) ?? new Set();
    const isHeadless = service?.spec?.clusterIP === "None" && service.spec.type !== "ExternalName";
    const after = isHeadless ? podUidsBehind(service, slices.slices(key)) : new Set<string>();
    if (isHeadless) this.#reached.set(key, after);
    else this.#reached.delete(key);
    const moved = new Set([...before, ...after].filter((uid) => before.has(uid) !== after.has(uid)));
    if (moved.size > 0 && this.#isAsked(key)) for (const listener of this.#listeners) listener(moved);
  }

  podsInForce(namespace: string, service: string): ReadonlySet<string> | undefined {
    const key = `${namespace}/${service}`;
    return this.#isAsked(key) ? this.#reached.get(key) : undefined;
  }

  onChange(listener: (podUids: ReadonlySet<string>) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
