/** Rules of `metadata.ownerReferences`: https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/ */
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import type { OwnerReference } from "../../machinery/types.ts";

const field = "metadata.ownerReferences";

export function ownerReferenceErrors(references: readonly OwnerReference[]): FieldError[] {
  const errors = references.flatMap(referenceErrors);
  const controllers = references.filter((reference) => reference.controller === true);
  const [first, second] = controllers;
  if (first && second) {
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${first.name} and ${second.name}`;
    errors.push(invalid(field, references, why));
  }
  return errors;
}

function referenceErrors({ apiVersion, kind, name, uid }: OwnerReference): FieldError[] {
  const errors: FieldError[] = [];
  if (!apiVersion) errors.push(invalid(`${field}.apiVersion`, apiVersion ?? "", "version must not be empty"));
  if (!kind) errors.push(invalid(`${field}.kind`, kind ?? "", "must not be empty"));
  if (!name) errors.push(invalid(`${field}.name`, name ?? "", "must not be empty"));
  if (!uid) errors.push(invalid(`${field}.uid`, uid ?? "", "must not be empty"));
  if (kind === "Event" && (apiVersion === "v1" || apiVersion?.startsWith("events.k8s.io/"))) {
    errors.push(invalid(field, { apiVersion, kind }, `${apiVersion}, Kind=Event is disallowed from being an owner`));
  }
  return errors;
}
