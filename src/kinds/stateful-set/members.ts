import type { Stored } from "../../machinery/object.ts";
import type { Pod } from "../../machinery/types.ts";
import { availabilityOf, type TrafficCheck } from "../pod/availability.ts";
import type { Member } from "./plan.ts";
import { isRunningAndReady } from "./status.ts";

/** A Pod of the set as it stands. `reached`: it may have been ready for too short a time, but Services reach it. */
export type AssessedMember = Member & { reached: boolean; recheckAfterMs?: number };

/** @param now milliseconds since the epoch. */
export function assess(
  pod: Stored<Pod>,
  minReadySeconds: number,
  now: number,
  hasTraffic: TrafficCheck,
): AssessedMember {
  if (!isRunningAndReady(pod)) return { pod, reached: false, available: false };
  const reached = availabilityOf(pod, 0, now, hasTraffic).available;
  return { pod, reached, ...availabilityOf(pod, minReadySeconds, now, hasTraffic) };
}
