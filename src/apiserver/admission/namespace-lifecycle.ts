/** Objects are created only in namespaces that exist and are not being deleted. Rule: the NamespaceLifecycle admission plugin. */
import { namespaces } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { ServedKind } from "../api.ts";
import { readThrough, resourceName, type WriteParts } from "../parts.ts";

/** @throws StatusError NotFound (no such namespace), Forbidden (it is being deleted). */
export function admitNamespace(parts: WriteParts, kind: ServedKind, namespace: string | undefined, name: string): void {
  if (!kind.definition.resource.namespaced || namespace === undefined) return;
  const found = readThrough(parts.store.staged).get(namespaces, { name: namespace });
  if (!found) throw StatusError.notFound(namespaces, namespace);
  if (!found.metadata.deletionTimestamp) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const refused = StatusError.forbidden(resourceName(kind), name, why);
  throw new StatusError(refused.code, refused.reason, refused.message, {
    ...refused.details,
    causes: [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  });
}
