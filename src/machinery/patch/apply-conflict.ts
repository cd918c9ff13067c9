/** The answer when fields that a client applies belong to others: 409 with a cause for each field. */
import { StatusError } from "../status-error.ts";
import { type FieldSet, paths } from "./field-set.ts";
import type { ManagedFieldsEntry } from "./managed-fields.ts";
import { printPath } from "./path-element.ts";

/** Fields of one owner that were applied with another value. */
export interface Conflict {
  entry: ManagedFieldsEntry;
  fields: FieldSet;
}

export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const owners = conflicts
    .map(({ entry, fields }) => ({ owner: printOwner(entry), paths: paths(fields).map(printPath) }))
    .sort((a, b) => (a.owner < b.owner ? -1 : 1));
  const causes = owners.flatMap(({ owner, paths }) =>
    paths.map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${owner}`, field })),
  );
  const list = owners.flatMap(({ owner, paths }) => [`conflicts with ${owner}:`, ...paths.map((path) => `- ${path}`)]);
  const [only] = causes;
  const message =
    causes.length === 1 && only
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${list.join("\n")}`;
  return new StatusError(409, "Conflict", message, { causes });
}

/** `"kubectl-client-side-apply" using apps/v1`; an applier is only named. */
function printOwner({ manager, subresource, operation, apiVersion }: ManagedFieldsEntry): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : "");
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
