/** Promise 5 of the design: a field that Skiff stores but does not act on yet is named in a Warning. */

import type { KindDefinition } from "../../machinery/kind.ts";
import type { KubeObject } from "../../machinery/object.ts";
import type { RequestContext } from "../api.ts";

export function warnUnhonoured(
  definition: KindDefinition,
  object: KubeObject,
  context: Pick<RequestContext, "warn">,
): void {
  for (const path of definition.unhonoured?.(object) ?? []) {
    context.warn(`${path}: stored, but not honoured by Skiff yet`);
  }
}
