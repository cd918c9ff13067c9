/** Rules of `metadata` that hold for every kind. Rule: k8s.io/apimachinery `api/validation/objectmeta.go`. */
import { type FieldError, forbidden, invalid, required, tooLong } from "../../machinery/field-error.ts";
import type { KindDefinition } from "../../machinery/kind.ts";
import type { KubeObject } from "../../machinery/object.ts";
import type { ObjectMeta } from "../../machinery/types.ts";
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from "../../machinery/validation/names.ts";
import { ownerReferenceErrors } from "./owner-references.ts";

/** All keys and values of `metadata.annotations` together, in bytes. */
const largestAnnotations = 256 * 1024;

/** Finalizers that need no domain in their name. */
const standardFinalizers = ["orphan", "foregroundDeletion", "kubernetes"];

export function metadataErrors(definition: KindDefinition, object: KubeObject): FieldError[] {
  const metadata = object.metadata ?? {};
  return [
    ...nameErrors(definition, metadata),
    ...namespaceErrors(definition, metadata),
    ...labelErrors(metadata.labels ?? {}, "metadata.labels"),
    ...annotationErrors(metadata.annotations ?? {}, "metadata.annotations"),
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

/** Errors of a map of labels, wherever it stands. */
export function labelErrors(labels: Readonly<Record<string, string>>, field: string): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameErrors(key).map((message) => invalid(field, key, message)),
    ...labelValueErrors(value).map((message) => invalid(field, value, message)),
  ]);
}

/** Errors of a map of annotations, wherever it stands. */
export function annotationErrors(annotations: Readonly<Record<string, string>>, field: string): FieldError[] {
  let size = 0;
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(annotations)) {
    // Upper case is allowed in the prefix of an annotation's key, unlike that of a label.
    errors.push(...qualifiedNameErrors(key.toLowerCase()).map((message) => invalid(field, key, message)));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > largestAnnotations) errors.push(tooLong(field, largestAnnotations));
  return errors;
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
