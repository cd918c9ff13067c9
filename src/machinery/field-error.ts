/**
 * Validation errors of single fields and their wording.
 * Rule: k8s.io/apimachinery `util/validation/field` (error types, `ErrorBody`), as seen in API responses.
 */

/** The `reason` of a cause in a `Status`. */
export type FieldErrorReason =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueDuplicate"
  | "FieldValueNotFound"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "InternalError";

export interface FieldError {
  reason: FieldErrorReason;
  /** Dotted path with indices: `spec.containers[0].name`. */
  field: string;
  /** The sentence without the field: `Invalid value: -1: must be greater than or equal to 0`. */
  message: string;
}

/** A value as Kubernetes prints it inside an error: strings quoted, objects as JSON. */
export function printValue(value: unknown): string {
  return value === undefined || value === null ? "null" : JSON.stringify(value);
}

function withDetail(text: string, detail: string | undefined): string {
  return detail ? `${text}: ${detail}` : text;
}

export function required(field: string, detail?: string): FieldError {
  return { reason: "FieldValueRequired", field, message: withDetail("Required value", detail) };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return {
    reason: "FieldValueInvalid",
    field,
    message: withDetail(`Invalid value: ${printValue(value)}`, detail),
  };
}

/** @param supported printed in this order, which the API does not sort. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item));
  return {
    reason: "FieldValueNotSupported",
    field,
    message: withDetail(
      `Unsupported value: ${printValue(value)}`,
      list.length > 0 ? `supported values: ${list.join(", ")}` : undefined,
    ),
  };
}

export function forbidden(field: string, detail: string): FieldError {
  return { reason: "FieldValueForbidden", field, message: withDetail("Forbidden", detail) };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { reason: "FieldValueDuplicate", field, message: `Duplicate value: ${printValue(value)}` };
}

export function notFound(field: string, value: unknown): FieldError {
  return { reason: "FieldValueNotFound", field, message: `Not found: ${printValue(value)}` };
}

export function tooLong(field: string, maxBytes: number): FieldError {
  return {
    reason: "FieldValueTooLong",
    field,
    message: `Too long: may not be more than ${maxBytes} bytes`,
  };
}

/** `field: message`, the form a single error takes in the message of a `Status`. */
export function printFieldError(error: FieldError): string {
  return `${error.field}: ${error.message}`;
}
