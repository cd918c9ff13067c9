/** Refuses an object in the words of the version in which it was sent. */
import type { FieldError } from "../../machinery/field-error.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { ServedKind } from "../api.ts";
import { kindName } from "../parts.ts";

/** @throws StatusError Invalid, unless there are no errors. */
export function refuseInvalid(kind: ServedKind, name: string, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw StatusError.invalid(
    kindName(kind),
    name,
    errors.map((error) => asNamedIn(kind, error)),
  );
}

function asNamedIn({ fieldFromStored }: ServedKind, error: FieldError): FieldError {
  if (!fieldFromStored) return error;
  const message = error.message.replaceAll(/`([^`]+)`/g, (_, name: string) => `\`${fieldFromStored(name)}\``);
  return { ...error, field: fieldFromStored(error.field), message };
}
