/** Rule: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/ and kubernetes/kubernetes `pkg/apis/core/validation`. */
import { type FieldError, required } from "../../machinery/field-error.ts";
import type { ReplicationController } from "../../machinery/types.ts";
import { validateLabels } from "../../machinery/validation/labels.ts";
import { notNegative } from "../../machinery/validation/numbers.ts";
import { validateSelectedTemplate } from "../pod/selected-template-validation.ts";

export function validateReplicationController(object: ReplicationController): FieldError[] {
  const { spec } = object;
  if (!spec) return [];
  const selector = spec.selector ?? {};
  const isEmpty = Object.keys(selector).length === 0;
  return [
    ...notNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...validateLabels(selector, "spec.selector"),
    ...(isEmpty ? [required("spec.selector")] : []),
    ...notNegative("spec.replicas", spec.replicas),
    ...validateSelectedTemplate(spec.template, { matchLabels: selector }),
  ];
}
