/** Rule: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/ and kubernetes/kubernetes `pkg/apis/apps/validation`. */
import { type FieldError, forbidden, invalid, notSupported } from "../../machinery/field-error.ts";
import type { Deployment } from "../../machinery/types.ts";
import { isNought, notAboveAll, notNegative, notNegativeOrPercent } from "../../machinery/validation/numbers.ts";
import { semanticEqual } from "../../machinery/validation/semantic-equal.ts";
import { validateSelectedTemplate, validateSelector } from "../pod/selected-template-validation.ts";

type Strategy = NonNullable<NonNullable<Deployment["spec"]>["strategy"]>;

export function validateDeployment(object: Deployment): FieldError[] {
  const { spec } = object;
  if (!spec) return [];
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  const field = "spec.progressDeadlineSeconds";
  return [
    ...notNegative("spec.replicas", spec.replicas),
    ...validateSelector(spec.selector, "deployment"),
    ...validateSelectedTemplate(spec.template, spec.selector),
    ...validateStrategy(spec.strategy ?? {}),
    ...notNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...notNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
    ...notNegative(field, deadline),
    ...(deadline !== undefined && deadline <= minReadySeconds
      ? [invalid(field, deadline, "must be greater than minReadySeconds")]
      : []),
  ];
}

function validateStrategy(strategy: Strategy): FieldError[] {
  const { type, rollingUpdate } = strategy;
  switch (type) {
    case "Recreate":
      return rollingUpdate
        ? [forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")]
        : [];
    case "RollingUpdate":
      return rollingUpdate ? validateRollingUpdate(rollingUpdate, "spec.strategy.rollingUpdate") : [];
    default:
      return [notSupported("spec.strategy", strategy, ["Recreate", "RollingUpdate"])];
  }
}

function validateRollingUpdate(
  { maxUnavailable, maxSurge }: NonNullable<Strategy["rollingUpdate"]>,
  field: string,
): FieldError[] {
  const errors = [
    ...notNegativeOrPercent(`${field}.maxUnavailable`, maxUnavailable),
    ...notNegativeOrPercent(`${field}.maxSurge`, maxSurge),
  ];
  if (isNought(maxUnavailable) && isNought(maxSurge)) {
    errors.push(invalid(`${field}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  errors.push(...notAboveAll(`${field}.maxUnavailable`, maxUnavailable));
  return errors;
}

export function validateDeploymentUpdate(object: Deployment, old: Deployment): FieldError[] {
  if (semanticEqual(object.spec?.selector, old.spec?.selector)) return [];
  return [invalid("spec.selector", object.spec?.selector, "field is immutable")];
}
