/** Rule: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/ and kubernetes/kubernetes `pkg/apis/apps/validation`. */
import { type FieldError, forbidden, invalid, notSupported, required } from "../../machinery/field-error.ts";
import type { StatefulSet } from "../../machinery/types.ts";
import { dns1123SubdomainErrors } from "../../machinery/validation/names.ts";
import { isNought, notAboveAll, notNegative, notNegativeOrPercent } from "../../machinery/validation/numbers.ts";
import { semanticEqual } from "../../machinery/validation/semantic-equal.ts";
import { validateSelectedTemplate, validateSelector } from "../pod/selected-template-validation.ts";

type Spec = NonNullable<StatefulSet["spec"]>;

export function validateStatefulSet(object: StatefulSet): FieldError[] {
  const { spec } = object;
  if (!spec) return [];
  return [
    ...validatePodManagementPolicy(spec),
    ...validateUpdateStrategy(spec),
    ...validateRetention(spec),
    ...notNegative("spec.replicas", spec.replicas),
    ...notNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...notNegative("spec.ordinals.start", spec.ordinals?.start),
    ...validateServiceName(spec),
    ...validateSelector(spec.selector, "statefulset"),
    ...validateSelectedTemplate(spec.template, spec.selector),
    ...notNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
  ];
}

function validatePodManagementPolicy({ podManagementPolicy: policy }: Spec): FieldError[] {
  const field = "spec.podManagementPolicy";
  if (!policy) return [required(field)];
  const policies = ["OrderedReady", "Parallel"];
  return policies.includes(policy) ? [] : [invalid(field, policy, `must be '${policies.join("' or '")}'`)];
}

function validateUpdateStrategy({ updateStrategy }: Spec): FieldError[] {
  const { type, rollingUpdate } = updateStrategy ?? {};
  const field = "spec.updateStrategy";
  switch (type) {
    case undefined:
    case "":
      return [required(field)];
    case "OnDelete":
      return rollingUpdate
        ? [invalid(`${field}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")]
        : [];
    case "RollingUpdate":
      return rollingUpdate ? validateRollingUpdate(rollingUpdate, `${field}.rollingUpdate`) : [];
    default:
      return [invalid(field, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

function validateRollingUpdate(
  { partition, maxUnavailable }: NonNullable<NonNullable<Spec["updateStrategy"]>["rollingUpdate"]>,
  field: string,
): FieldError[] {
  const errors = notNegative(`${field}.partition`, partition);
  if (maxUnavailable === undefined) return errors;
  errors.push(...notNegativeOrPercent(`${field}.maxUnavailable`, maxUnavailable));
  if (isNought(maxUnavailable)) errors.push(invalid(`${field}.maxUnavailable`, maxUnavailable, "cannot be 0"));
  errors.push(...notAboveAll(`${field}.maxUnavailable`, maxUnavailable));
  return errors;
}

function validateRetention({ persistentVolumeClaimRetentionPolicy: policy }: Spec): FieldError[] {
  if (!policy) return [];
  const known = ["Retain", "Delete"];
  const field = "spec.persistentVolumeClaimRetentionPolicy";
  return [
    ...(known.includes(policy.whenDeleted ?? "")
      ? []
      : [notSupported(`${field}.whenDeleted`, policy.whenDeleted, known)]),
    ...(known.includes(policy.whenScaled ?? "") ? [] : [notSupported(`${field}.whenScaled`, policy.whenScaled, known)]),
  ];
}

function validateServiceName({ serviceName }: Spec): FieldError[] {
  if (!serviceName) return [];
  return dns1123SubdomainErrors(serviceName).map((error) => invalid("spec.serviceName", serviceName, error));
}

/** What an update may change; everything else is for ever. */
const changeable: readonly (keyof Spec)[] = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

export function validateStatefulSetUpdate(object: StatefulSet, old: StatefulSet): FieldError[] {
  if (semanticEqual(fixedPart(object), fixedPart(old))) return [];
  const detail =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [forbidden("spec", detail)];
}

function fixedPart({ spec }: StatefulSet): unknown {
  return Object.fromEntries(Object.entries(spec ?? {}).filter(([key]) => !changeable.includes(key as keyof Spec)));
}
