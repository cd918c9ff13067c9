import { type FieldError, invalid, required } from "../../../machinery/field-error.ts";
import { compareQuantities, parseQuantity } from "../../../machinery/quantity.ts";
import type { Container } from "../../../machinery/types.ts";
import { check } from "../../../machinery/validation/fields.ts";
import { qualifiedNameErrors } from "../../../machinery/validation/names.ts";

const standard: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** More of it may be promised than there is: only of what can be taken back. */
function isOvercommitAllowed(name: string): boolean {
  return !name.includes("/") && !isHugePages(name);
}

/** Requests may be smaller than limits, for resources of which more may be promised than there is; else they are equal. */
export function validateResources(resources: Container["resources"], field: string): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const errors = Object.entries(limits).flatMap(([name, quantity]) =>
    validateResource(name, quantity, `${field}.limits[${name}]`),
  );
  for (const [name, quantity] of Object.entries(requests)) {
    errors.push(...validateResource(name, quantity, `${field}.requests[${name}]`));
    const limit = limits[name];
    if (limit === undefined) {
      if (!isOvercommitAllowed(name)) {
        errors.push(required(`${field}.limits`, "Limit must be set for non overcommitable resources"));
      }
      continue;
    }
    const order = compareQuantities(quantity, limit);
    if (order !== 0 && !isOvercommitAllowed(name)) {
      errors.push(invalid(`${field}.requests`, quantity, `must be equal to ${name} limit of ${limit}`));
    } else if (order > 0) {
      errors.push(invalid(`${field}.requests`, quantity, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}

function validateResource(name: string, quantity: string, field: string): FieldError[] {
  const errors = check(field, name, qualifiedNameErrors);
  if (!name.includes("/") && !standard.has(name) && !isHugePages(name)) {
    errors.push(
      invalid(field, name, "must be a standard resource type or fully qualified"),
      invalid(field, name, "must be a standard resource for containers"),
    );
  }
  const { nano } = parseQuantity(quantity);
  if (nano < 0n) errors.push(invalid(field, quantity, "must be greater than or equal to 0"));
  if (name.includes("/") && nano % 1_000_000_000n !== 0n) errors.push(invalid(field, quantity, "must be an integer"));
  return errors;
}
