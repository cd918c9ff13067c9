/** Small rules that many fields share, each giving the errors at one field. */
import { isIP } from "node:net";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import { portNameErrors, portNumberErrors } from "./names.ts";

/** Applies a rule of texts (validation/names.ts) to a field. */
export function check(field: string, value: string, rule: (value: string) => string[]): FieldError[] {
  return rule(value).map((error) => invalid(field, value, error));
}

/** As {@link check}, where the text must be there. */
export function checkRequired(
  field: string,
  value: string | undefined,
  rule: (value: string) => string[],
): FieldError[] {
  return value ? check(field, value, rule) : [required(field)];
}

/** One of a list, printed in the list's order. */
export function oneOf(field: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  if (!value) return [required(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

/** Applies a rule to each item of a list: `spec.ports[0]`. */
export function each<T>(
  list: readonly T[] | undefined,
  field: string,
  rule: (item: T, field: string, index: number) => FieldError[],
): FieldError[] {
  return (list ?? []).flatMap((item, index) => rule(item, `${field}[${index}]`, index));
}

/** A port by number or by the name that a container gives it. */
export function portNumberOrName(field: string, port: number | string): FieldError[] {
  const errors = typeof port === "number" ? portNumberErrors(port) : portNameErrors(port);
  return errors.map((error) => invalid(field, port, error));
}

export function portNumber(field: string, port: number): FieldError[] {
  return portNumberErrors(port).map((error) => invalid(field, port, error));
}

export function ipAddress(field: string, value: string): FieldError[] {
  if (isIP(value) !== 0) return [];
  return [invalid(field, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];
}

/** Addresses with the length of what they have in common: `10.9.8.0/24`. */
export function ipRange(field: string, value: string): FieldError[] {
  const [address = "", length = "", ...more] = value.split("/");
  const longest = ({ 4: 32, 6: 128 } as const)[isIP(address)];
  if (longest !== undefined && more.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= longest) return [];
  return [invalid(field, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")];
}

/** Users and groups are numbered as Linux numbers them. */
export function userOrGroupId(field: string, id: number | undefined): FieldError[] {
  if (id === undefined || (id >= 0 && id <= 2_147_483_647)) return [];
  return [invalid(field, id, "must be between 0 and 2147483647, inclusive")];
}

/** A path that stays below where it starts. */
export function descendingPath(field: string, path: string): FieldError[] {
  if (path.startsWith("/")) return [invalid(field, path, "must be a relative path")];
  return noBacksteps(field, path);
}

export function noBacksteps(field: string, path: string): FieldError[] {
  return path.split("/").includes("..") ? [invalid(field, path, "must not contain '..'")] : [];
}
