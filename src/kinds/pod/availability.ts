/**
 * When a Pod counts as available: ready for `minReadySeconds`, and reached by every Service that selects it
 * (docs/adr/0003-traffic-before-status.md).
 */
import type { Client } from "../../machinery/client.ts";
import type { Stored } from "../../machinery/object.ts";
import { services } from "../../machinery/resource.ts";
import type { Traffic } from "../../machinery/traffic.ts";
import type { Pod } from "../../machinery/types.ts";
import { selects } from "../service/selects.ts";
import { isReady, readySince } from "./condition.ts";

/** A Service whose traffic does not come holds a ready Pod up for no longer than this. */
const trafficLimitMs = 2_000;

export interface Availability {
  available: boolean;
  /** Where nothing but time is missing: after how long to look again. */
  recheckAfterMs?: number;
}

/** Says of one namespace's Pods whether the Services' rules in force include them. */
export type TrafficCheck = (pod: Stored<Pod>) => boolean;

export function trafficIn(namespace: string, client: Client, traffic: Traffic): TrafficCheck {
  const all = client.list(services, { namespace });
  return (pod) =>
    all.every((service) => {
      if (!selects(service, pod)) return true;
      const reached = traffic.podsInForce(namespace, service.metadata.name);
      return reached === undefined || reached.has(pod.metadata.uid);
    });
}

/** @param now milliseconds since the epoch. */
export function availabilityOf(
  pod: Stored<Pod>,
  minReadySeconds: number,
  now: number,
  hasTraffic: TrafficCheck,
): Availability {
  if (!isReady(pod)) return { available: false };
  const sinceMs = now - readySince(pod);
  const unproven = minReadySeconds * 1_000 - sinceMs;
  if (unproven > 0) return { available: false, recheckAfterMs: unproven };
  const patience = trafficLimitMs - sinceMs;
  if (patience > 0 && !hasTraffic(pod)) return { available: false, recheckAfterMs: patience };
  return { available: true };
}

/** The soonest of several waits. */
export function soonest(waits: readonly (number | undefined)[]): number | undefined {
  const planned = waits.filter((wait) => wait !== undefined);
  return planned.length > 0 ? Math.min(...planned) : undefined;
}
