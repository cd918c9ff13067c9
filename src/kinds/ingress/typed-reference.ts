import { type FieldError, invalid, required } from "../../machinery/field-error.ts";
import { check } from "../../machinery/validation/fields.ts";
import { dns1123SubdomainErrors } from "../../machinery/validation/names.ts";

/** A reference to an object of any kind, by group, kind and name. */
export function validateTypedReference(
  at: string,
  { apiGroup, kind, name }: { apiGroup?: string; kind?: string; name?: string },
): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : check(`${at}.apiGroup`, apiGroup, dns1123SubdomainErrors)),
    ...(kind ? pathSegment(`${at}.kind`, kind) : [required(`${at}.kind`, "kind is required")]),
    ...(name ? pathSegment(`${at}.name`, name) : [required(`${at}.name`, "name is required")]),
  ];
}

/** What stands between two slashes of a URL. */
function pathSegment(field: string, value: string): FieldError[] {
  if (value === "." || value === "..") return [invalid(field, value, `may not be '${value}'`)];
  return ["/", "%"]
    .filter((part) => value.includes(part))
    .map((part) => invalid(field, value, `may not contain '${part}'`));
}
