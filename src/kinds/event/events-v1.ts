/**
 * Events as the group `events.k8s.io` writes them: the same things under other names.
 * Rule: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import type { ServedVersion } from "../../machinery/kind.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import type { Event, EventV1 } from "../../machinery/types.ts";

/** Name in `core/v1` and name in `events.k8s.io/v1`. */
const renamed = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
] as const satisfies readonly (readonly [keyof Event, keyof EventV1])[];

function rename(object: KubeObject, names: readonly (readonly [from: string, to: string])[]): void {
  const fields = object as Record<string, unknown>;
  for (const [from, to] of names) {
    if (!(from in fields)) continue;
    fields[to] = fields[from];
    delete fields[from];
  }
}

export const eventsV1: ServedVersion<Event> = {
  group: "events.k8s.io",
  version: "v1",
  schema: "events.v1.Event",
  toStored(object) {
    rename(
      object,
      renamed.map(([core, events]) => [events, core] as const),
    );
    object.apiVersion = "v1";
    // Nothing but names differed.
    return object as Event;
  },
  fromStored(object) {
    const copy: Stored<KubeObject> = structuredClone(object);
    rename(copy, renamed);
    copy.apiVersion = "events.k8s.io/v1";
    return copy;
  },
};
