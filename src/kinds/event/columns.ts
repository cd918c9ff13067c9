/** What `kubectl get events` shows. */
import { nameColumn } from "../../machinery/columns.ts";
import { humanDuration, since } from "../../machinery/duration.ts";
import type { Column } from "../../machinery/kind.ts";
import type { Event } from "../../machinery/types.ts";

function firstSeen(event: Event, now: number): string {
  return since(event.firstTimestamp || event.eventTime, now);
}

function lastSeen(event: Event, now: number): string {
  if (event.series?.lastObservedTime) return humanDuration(now - Date.parse(event.series.lastObservedTime));
  return event.lastTimestamp ? since(event.lastTimestamp, now) : firstSeen(event, now);
}

/** `pod/web-1` */
function about(event: Event): string {
  const { kind, name } = event.involvedObject;
  return `${(kind ?? "").toLowerCase()}/${name ?? ""}`;
}

/** `kubelet, node-1` */
function source(event: Event): string {
  const component = event.source?.component || event.reportingComponent || "";
  const host = event.source?.host || event.reportingInstance || "";
  return host ? `${component}, ${host}` : component;
}

function count(event: Event): string {
  return String(event.series?.count ?? (event.count || 1));
}

export const eventColumns: readonly Column<Event>[] = [
  { name: "Last Seen", type: "string", value: (event, now) => lastSeen(event, now) },
  { name: "Type", type: "string", value: (event) => event.type ?? "" },
  { name: "Reason", type: "string", value: (event) => event.reason ?? "" },
  { name: "Object", type: "string", value: about },
  { name: "Subobject", type: "string", priority: 1, value: (event) => event.involvedObject.fieldPath ?? "" },
  { name: "Source", type: "string", priority: 1, value: source },
  { name: "Message", type: "string", value: (event) => (event.message ?? "").trim() },
  { name: "First Seen", type: "string", priority: 1, value: (event, now) => firstSeen(event, now) },
  { name: "Count", type: "string", priority: 1, value: count },
  { ...nameColumn, priority: 1 },
];
