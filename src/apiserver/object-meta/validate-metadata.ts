/** Rules of `metadata` that hold for every kind. Rule: k8s.io/apimachinery `api/validation/objectmeta.go`. */
import { type FieldError, forbidden, invalid, required } from "../../machinery/field-error.ts";
import type { KindDefinition } from "../../machinery/kind.ts";
import type { KubeObject } from "../../machinery/object.ts";
import type { ObjectMeta } from "../../machinery/types.ts";
import { validateAnnotations, validateLabels } from "../../machinery/validation/labels.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors, qualifiedNameErrors } from "../../machinery/validation/names.ts";
import { ownerReferenceErrors } from "./owner-references.ts";

/** Finalizers that need no domain in their name. */
const standardFinalizers = ["orphan", "foregroundDeletion", "kubernetes"];

export function metadataErrors(definition: KindDefinition, object: KubeObject): FieldError[] {
  const metadata = object.metadata ?? {};
  return [
    ...nameErrors(definition, metadata),
    ...namespaceErrors(definition, metadata),
    ...validateLabels(metadata.labels, "metadata.labels"),
    ...validateAnnotations(metadata.annotations, "metadata.annotations"),
    ...ownerReferenceErrors(metadata.ownerReferences ?? []),
    ...finalizerErrors(metadata.finalizers ?? []),
  ];
}

function nameErrors(definition: KindDefinition, { name, generateName }: ObjectMeta): FieldError[] {
  const rule = (text: string) => definition.validateName?.(text) ?? dns1123SubdomainErrors(text);
  const errors: FieldError[] = [];
  if (generateName) {
    // A base may end in a dash, since characters will follow it.
    const asName = generateName.replace(/-$/, "a");
    errors.push(...rule(asName).map((message) => invalid("metadata.generateName", generateName, message)));
  }
  if (!name) errors.push(required("metadata.name", "name or generateName is required"));
  else errors.push(...rule(name).map((message) => invalid("metadata.name", name, message)));
  return errors;
}

function namespaceErrors(definition: KindDefinition, { namespace }: ObjectMeta): FieldError[] {
  if (!definition.resource.namespaced) {
    return namespace ? [forbidden("metadata.namespace", "not allowed on this type")] : [];
  }
  if (!namespace) return [required("metadata.namespace")];
  return dns1123LabelErrors(namespace).map((message) => invalid("metadata.namespace", namespace, message));
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  const errors = finalizers.flatMap((finalizer) =>
    qualifiedNameErrors(finalizer).map((message) => invalid("metadata.finalizers", finalizer, message)),
  );
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    const why = "finalizer orphan and foregroundDeletion cannot be both set";
    errors.push(invalid("metadata.finalizers", finalizers, why));
  }
  finalizers.forEach((finalizer, index) => {
    if (finalizer.includes("/") || standardFinalizers.includes(finalizer)) return;
    const why = "name is neither a standard finalizer name nor is it fully qualified";
    errors.push(invalid(`metadata.finalizers[${index}]`, finalizer, why));
  });
  return errors;
}
