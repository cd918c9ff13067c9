/** Numbers that many fields share rules about. Rule: k8s.io/apimachinery `api/validation` and `util/validation`. */
import { type FieldError, invalid } from "../field-error.ts";

export function notNegative(field: string, value: number | undefined): FieldError[] {
  if (value === undefined || value >= 0) return [];
  return [invalid(field, value, "must be greater than or equal to 0")];
}

/** A whole number, or a share such as `25%`: never below nought. */
export function notNegativeOrPercent(field: string, value: number | string | undefined): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === "number") return notNegative(field, value);
  if (/^[0-9]+%$/.test(value)) return [];
  const detail =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalid(field, value, detail)];
}

/** A share may be the whole, and no more. */
export function notAboveAll(field: string, value: number | string | undefined): FieldError[] {
  const percent = typeof value === "string" ? /^([0-9]+)%$/.exec(value)?.[1] : undefined;
  return percent !== undefined && Number(percent) > 100 ? [invalid(field, value, "must not be greater than 100%")] : [];
}

/** The number a whole number or share comes to when that is nought, whatever the total: `0` and `0%`. */
export function isNought(value: number | string | undefined): boolean {
  return value === 0 || (typeof value === "string" && /^0+%$/.test(value));
}
