/** https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#affinity-and-anti-affinity */
import { type FieldError, forbidden, invalid, required } from "../../../machinery/field-error.ts";
import type { PodSpec } from "../../../machinery/types.ts";
import { check, each } from "../../../machinery/validation/fields.ts";
import { validateLabelSelector } from "../../../machinery/validation/labels.ts";
import { dns1123LabelErrors, labelValueErrors, qualifiedNameErrors } from "../../../machinery/validation/names.ts";

type Affinity = NonNullable<PodSpec["affinity"]>;
type NodeAffinity = NonNullable<Affinity["nodeAffinity"]>;
type Term = NonNullable<NodeAffinity["requiredDuringSchedulingIgnoredDuringExecution"]>["nodeSelectorTerms"][number];
type Requirement = NonNullable<Term["matchExpressions"]>[number];
type PodAffinity = NonNullable<Affinity["podAffinity"]>;
type PodTerm = NonNullable<PodAffinity["requiredDuringSchedulingIgnoredDuringExecution"]>[number];

const requiredTerms = "requiredDuringSchedulingIgnoredDuringExecution";
const preferredTerms = "preferredDuringSchedulingIgnoredDuringExecution";

export function validateAffinity(affinity: Affinity | undefined, field: string): FieldError[] {
  if (!affinity) return [];
  return [
    ...validateNodeAffinity(affinity.nodeAffinity, `${field}.nodeAffinity`),
    ...validatePodAffinity(affinity.podAffinity, `${field}.podAffinity`),
    ...validatePodAffinity(affinity.podAntiAffinity, `${field}.podAntiAffinity`),
  ];
}

function validateNodeAffinity(affinity: NodeAffinity | undefined, field: string): FieldError[] {
  if (!affinity) return [];
  const errors: FieldError[] = [];
  const must = affinity[requiredTerms];
  if (must) {
    const at = `${field}.${requiredTerms}.nodeSelectorTerms`;
    if (must.nodeSelectorTerms.length === 0) errors.push(required(at, "must have at least one node selector term"));
    errors.push(...each(must.nodeSelectorTerms, at, validateTerm));
  }
  errors.push(
    ...each(affinity[preferredTerms], `${field}.${preferredTerms}`, ({ weight, preference }, at) => [
      ...validateWeight(weight, at),
      ...validateTerm(preference, `${at}.preference`),
    ]),
  );
  return errors;
}

function validateWeight(weight: number, at: string): FieldError[] {
  return weight > 0 && weight <= 100 ? [] : [invalid(`${at}.weight`, weight, "must be in the range 1-100")];
}

function validateTerm(term: Term, at: string): FieldError[] {
  return [
    ...each(term.matchExpressions, `${at}.matchExpressions`, validateExpression),
    ...each(term.matchFields, `${at}.matchFields`, validateFieldRequirement),
  ];
}

function validateExpression({ key, operator, values = [] }: Requirement, at: string): FieldError[] {
  const errors: FieldError[] = [];
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) {
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        errors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1) {
        errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      }
      break;
    default:
      errors.push(invalid(`${at}.operator`, operator, "not a valid selector operator"));
  }
  return [
    ...errors,
    ...check(`${at}.key`, key, qualifiedNameErrors),
    ...each(values, `${at}.values`, (value, atValue) => check(atValue, value, labelValueErrors)),
  ];
}

function validateFieldRequirement({ key, operator, values = [] }: Requirement, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== "In" && operator !== "NotIn") {
    errors.push(invalid(`${at}.operator`, operator, "not a valid selector operator"));
  } else if (values.length !== 1) {
    const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${at}.values`, detail));
  }
  if (key !== "metadata.name") errors.push(invalid(`${at}.key`, key, "not a valid field selector key"));
  return errors;
}

function validatePodAffinity(affinity: PodAffinity | undefined, field: string): FieldError[] {
  if (!affinity) return [];
  return [
    ...each(affinity[requiredTerms], `${field}.${requiredTerms}`, validatePodTerm),
    ...each(affinity[preferredTerms], `${field}.${preferredTerms}`, ({ weight, podAffinityTerm }, at) => [
      ...validateWeight(weight, at),
      ...validatePodTerm(podAffinityTerm, `${at}.podAffinityTerm`),
    ]),
  ];
}

function validatePodTerm(term: PodTerm, at: string): FieldError[] {
  return [
    ...validateLabelSelector(term.labelSelector, `${at}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${at}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((name) => check(`${at}.namespace`, name, dns1123LabelErrors)),
    ...(term.topologyKey ? [] : [required(`${at}.topologyKey`, "can not be empty")]),
    ...check(`${at}.topologyKey`, term.topologyKey, qualifiedNameErrors),
  ];
}
