/** What a kind makes of an object that is sent to it, without a server. */
import { printFieldError } from "../../src/machinery/field-error.ts";
import type { KindDefinition } from "../../src/machinery/kind.ts";
import type { KubeObject, Stored } from "../../src/machinery/object.ts";

/** The object as it would be stored, but for what the pipeline and admission add. */
export function defaulted<T extends KubeObject>(kind: KindDefinition, sent: T): T {
  const object = structuredClone(sent);
  kind.defaults?.(object);
  kind.prepareForCreate?.(object);
  return object;
}

/** Errors of creating the object, as printed in the message of a `Status`. */
export function createErrors(kind: KindDefinition, sent: KubeObject): string[] {
  return (kind.validate?.(defaulted(kind, sent)) ?? []).map(printFieldError);
}

/** Errors of replacing one object by another. */
export function updateErrors(kind: KindDefinition, sent: KubeObject, next: KubeObject, subresource?: string): string[] {
  const old = defaulted(kind, sent) as Stored<KubeObject>;
  const object = structuredClone(next);
  kind.defaults?.(object);
  if (subresource === undefined) kind.prepareForUpdate?.(object, old);
  const errors = [...(kind.validate?.(object) ?? []), ...(kind.validateUpdate?.(object, old, subresource) ?? [])];
  return errors.map(printFieldError);
}
