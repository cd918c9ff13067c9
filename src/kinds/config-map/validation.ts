/** Rule: https://kubernetes.io/docs/concepts/configuration/configmap/ */
import { type FieldError, forbidden, invalid, tooLong } from "../../machinery/field-error.ts";
import type { ConfigMap } from "../../machinery/types.ts";
import { configKeyErrors } from "../../machinery/validation/names.ts";
import { semanticEqual } from "../../machinery/validation/semantic-equal.ts";

/** The values of a ConfigMap or Secret together may be this long. */
export const largestData = 1024 * 1024;

export function validateConfigMap(object: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(object.data ?? {})) {
    const field = `data[${key}]`;
    errors.push(...configKeyErrors(key).map((error) => invalid(field, key, error)));
    if (object.binaryData && key in object.binaryData) {
      errors.push(invalid(field, key, "duplicate of key present in binaryData"));
    }
    size += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(object.binaryData ?? {})) {
    errors.push(...configKeyErrors(key).map((error) => invalid(`binaryData[${key}]`, key, error)));
    size += Buffer.byteLength(value, "base64");
  }
  if (size > largestData) errors.push(tooLong("[]", largestData));
  return errors;
}

const immutable = "field is immutable when `immutable` is set";

export function validateConfigMapUpdate(object: ConfigMap, old: ConfigMap): FieldError[] {
  if (!old.immutable) return [];
  const errors: FieldError[] = [];
  if (!object.immutable) errors.push(forbidden("immutable", immutable));
  if (!semanticEqual(object.data, old.data)) errors.push(forbidden("data", immutable));
  if (!semanticEqual(object.binaryData, old.binaryData)) errors.push(forbidden("binaryData", immutable));
  return errors;
}
