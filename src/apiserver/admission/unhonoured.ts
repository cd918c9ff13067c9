/**
 * Promise 5 of the design: a field that Skiff stores but does not act on yet is named, in a Warning to whoever writes it and
 * in an Event for whoever looks later.
 */
import type { EventRecorder } from "../../machinery/event-recorder.ts";
import type { KindDefinition } from "../../machinery/kind.ts";
import { controllerOf, type KubeObject, type Stored } from "../../machinery/object.ts";
import type { RequestContext } from "../api.ts";

/** Warns of every such field. @returns their paths. */
export function warnUnhonoured(
  definition: KindDefinition,
  object: KubeObject,
  context: Pick<RequestContext, "warn">,
): readonly string[] {
  const paths = definition.unhonoured?.(object) ?? [];
  for (const path of paths) context.warn(sentence(path));
  return paths;
}

/**
 * Records an Event for each such field that `old` did not have. What a controller made of an object is not reported
 * again for each of its Pods.
 */
export function recordUnhonoured(
  events: EventRecorder | undefined,
  definition: KindDefinition,
  object: Stored<KubeObject>,
  paths: readonly string[],
  old?: Stored<KubeObject>,
): void {
  if (!events || paths.length === 0 || controllerOf(object)) return;
  const known = new Set(old && definition.unhonoured?.(old));
  for (const path of paths) {
    if (!known.has(path)) events.record(object, "Warning", "FieldNotHonoured", sentence(path));
  }
}

function sentence(path: string): string {
  return `${path}: stored, but not honoured by Skiff yet`;
}
