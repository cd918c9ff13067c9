/** Rule: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/ and kubernetes/kubernetes `pkg/apis/apps/validation`. */
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import type { ReplicaSet } from "../../machinery/types.ts";
import { notNegative } from "../../machinery/validation/numbers.ts";
import { semanticEqual } from "../../machinery/validation/semantic-equal.ts";
import { validateSelectedTemplate, validateSelector } from "../pod/selected-template-validation.ts";

export function validateReplicaSet(object: ReplicaSet): FieldError[] {
  const { spec } = object;
  if (!spec) return [];
  return [
    ...notNegative("spec.replicas", spec.replicas),
    ...notNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...validateSelector(spec.selector, "deployment"),
    ...validateSelectedTemplate(spec.template, spec.selector),
  ];
}

export function validateReplicaSetUpdate(object: ReplicaSet, old: ReplicaSet): FieldError[] {
  if (semanticEqual(object.spec?.selector, old.spec?.selector)) return [];
  return [invalid("spec.selector", object.spec?.selector, "field is immutable")];
}
