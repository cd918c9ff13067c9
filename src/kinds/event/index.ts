/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
import { defineKind } from "../../machinery/kind.ts";
import type { Stored } from "../../machinery/object.ts";
import { events } from "../../machinery/resource.ts";
import type { Event } from "../../machinery/types.ts";
import { eventColumns } from "./columns.ts";
import { eventsV1 } from "./events-v1.ts";
import { validateEvent } from "./validation.ts";

const involved =
  (field: keyof NonNullable<Event["involvedObject"]>) =>
  (object: Stored<Event>): string =>
    object.involvedObject[field] ?? "";

const source = (object: Stored<Event>): string => object.source?.component || object.reportingComponent || "";

export const event = defineKind<Event>({
  resource: events,
  singular: "event",
  shortNames: ["ev"],
  schema: "core.v1.Event",
  generation: false,
  alsoServedAs: [eventsV1],
  validate: validateEvent,
  columns: eventColumns,
  selectableFields: {
    "involvedObject.kind": involved("kind"),
    "involvedObject.namespace": involved("namespace"),
    "involvedObject.name": involved("name"),
    "involvedObject.uid": involved("uid"),
    "involvedObject.apiVersion": involved("apiVersion"),
    "involvedObject.resourceVersion": involved("resourceVersion"),
    "involvedObject.fieldPath": involved("fieldPath"),
    reason: (object) => object.reason ?? "",
    reportingComponent: (object) => object.reportingComponent ?? "",
    source,
    type: (object) => object.type ?? "",
  },
});
