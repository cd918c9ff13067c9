/**
 * Promise 5 of the design: a field that Skiff stores but does not act on yet is named, in a Warning to whoever writes it and
 * in an Event for whoever looks later.
 */
import type { EventRecorder } from "../../machinery/event-recorder.ts";
import type { KindDefinition } from "../../machinery/kind.ts";
import { controllerOf, type KubeObject, type Stored } from "../../machinery/object.ts";
import type { ClusterSettings } from "../../machinery/settings.ts";
import type { RequestContext, ServedKind } from "../api.ts";

/** Warns of every such field, by its name in the version in which the object came. @returns them, as the kind names them. */
export function warnUnhonoured(
  { definition, fieldFromStored = (field) => field }: Pick<ServedKind, "definition" | "fieldFromStored">,
  object: KubeObject,
  settings: ClusterSettings,
  context: Pick<RequestContext, "warn">,
): readonly string[] {
  const fields = definition.unhonoured?.(object, settings) ?? [];
  for (const field of fields) context.warn(sentence(fieldFromStored(field)));
  return fields;
}

/**
 * Records an Event for each such field that `old` did not have. What a controller made of an object is not reported
 * again for each of its Pods.
 */
export function recordUnhonoured(
  { events, settings }: { events?: EventRecorder; settings: ClusterSettings },
  definition: KindDefinition,
  object: Stored<KubeObject>,
  fields: readonly string[],
  old?: Stored<KubeObject>,
): void {
  if (!events || fields.length === 0 || controllerOf(object)) return;
  const known = new Set(old && definition.unhonoured?.(old, settings));
  for (const field of fields) {
    if (!known.has(field)) events.record(object, "Warning", "FieldNotHonoured", sentence(field));
  }
}

function sentence(field: string): string {
  return field.includes(": ") ? field : `${field}: stored, but not honoured by Skiff yet`;
}
