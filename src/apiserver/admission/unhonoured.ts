/** Promise 5 of the design: a field that Skiff stores but does not act on yet is named in a Warning. */
import type { KindDefinition } from "../../machinery/kind.ts";
import type { KubeObject } from "../../machinery/object.ts";

export function warnUnhonoured(definition: KindDefinition, object: KubeObject, warn: (text: string) => void): void {
  for (const path of definition.unhonoured?.(object) ?? []) {
    warn(`${path}: stored, but not honoured by Skiff yet`);
  }
}
