/** Rule: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ and kubernetes/kubernetes `pkg/apis/core/validation`. */
import { duplicate, type FieldError, forbidden, notSupported, required } from "../../machinery/field-error.ts";
import type { Node } from "../../machinery/types.ts";
import { check, checkRequired, each } from "../../machinery/validation/fields.ts";
import { labelValueErrors, qualifiedNameErrors } from "../../machinery/validation/names.ts";
import { taintEffects } from "../pod/validation/tolerations.ts";

export function validateNode(object: Node): FieldError[] {
  const seen = new Set<string>();
  return each(object.spec?.taints, "metadata.taints", ({ key, value = "", effect }, at) => {
    const errors = [
      ...checkRequired(`${at}.key`, key, qualifiedNameErrors),
      ...check(`${at}.value`, value, labelValueErrors),
    ];
    if (!effect) errors.push(required(`${at}.effect`));
    else if (!taintEffects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, taintEffects));
    const identity = `${key}:${effect}`;
    if (seen.has(identity)) errors.push(duplicate(at, { key, ...(value && { value }), effect }));
    seen.add(identity);
    return errors;
  });
}

/** What is given once: the field, and how errors name it. */
const givenOnce = { podCIDR: "spec.podCIDRs", providerID: "spec.providerID" } as const;

export function validateNodeUpdate(object: Node, old: Node): FieldError[] {
  const fields = Object.keys(givenOnce) as (keyof typeof givenOnce)[];
  return fields
    .filter((field) => old.spec?.[field] && object.spec?.[field] !== old.spec[field])
    .map((field) => forbidden(givenOnce[field], `node updates may not change ${field} except from "" to valid`));
}
