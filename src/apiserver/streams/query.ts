/** How the API reads query parameters into option objects: k8s.io/apimachinery `pkg/runtime/converter.go` and `conversion.go`. */
import { StatusError } from "../../machinery/status-error.ts";

/** Absent is false; `false` and `0` are false; anything else is true, be it empty. */
export function booleanParameter(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && !["false", "0"].includes(value.toLowerCase());
}

/** A 64-bit integer. @throws StatusError BadRequest when it is none, in the words of Go's strconv. */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const quoted = JSON.stringify(value);
  if (!/^[+-]?\d+$/.test(value)) {
    throw StatusError.badRequest(`strconv.ParseInt: parsing ${quoted}: invalid syntax`);
  }
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw StatusError.badRequest(`strconv.ParseInt: parsing ${quoted}: value out of range`);
  }
  return number;
}
