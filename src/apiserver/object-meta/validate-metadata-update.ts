/** What an update may not do to `metadata`. Rule: k8s.io/apimachinery `api/validation/objectmeta.go`. */
import { type FieldError, forbidden, invalid } from "../../machinery/field-error.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";

const immutable = ["name", "namespace", "uid", "creationTimestamp"] as const;

/** `next` must have the system fields of `old` where the client left them out (see system-fields.ts). */
export function metadataUpdateErrors(next: KubeObject, old: Stored<KubeObject>): FieldError[] {
  const metadata = next.metadata ?? {};
  const errors = immutable
    .filter((name) => metadata[name] !== old.metadata[name])
    .map((name) => invalid(`metadata.${name}`, metadata[name] ?? "", "field is immutable"));
  if (old.metadata.deletionTimestamp) {
    const before = new Set(old.metadata.finalizers);
    const added = (metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer));
    if (added.length > 0) {
      const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`;
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
      errors.push(forbidden("metadata.finalizers", why));
    }
  }
  return errors;
}
