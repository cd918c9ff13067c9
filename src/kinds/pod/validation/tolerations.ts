import { type FieldError, invalid, notSupported } from "../../../machinery/field-error.ts";
import type { Toleration } from "../../../machinery/types.ts";
import { check, each } from "../../../machinery/validation/fields.ts";
import { labelValueErrors, qualifiedNameErrors } from "../../../machinery/validation/names.ts";

export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function validateTolerations(tolerations: readonly Toleration[] | undefined, field: string): FieldError[] {
  return each(tolerations, field, validateToleration);
}

function validateToleration(
  { key, operator, value = "", effect, tolerationSeconds }: Toleration,
  at: string,
): FieldError[] {
  const errors = key ? check(`${at}.key`, key, qualifiedNameErrors) : [];
  if (!key && operator !== "Exists") {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${at}.operator`, operator ?? "", detail));
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    errors.push(invalid(`${at}.effect`, effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  if (!operator || operator === "Equal") {
    const wrong = labelValueErrors(value);
    if (wrong.length > 0) errors.push(invalid(`${at}.operator`, value, wrong.join(";")));
  } else if (operator === "Exists") {
    if (value) errors.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
  } else errors.push(notSupported(`${at}.operator`, operator, ["Equal", "Exists"]));
  if (effect && !taintEffects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, taintEffects));
  return errors;
}
