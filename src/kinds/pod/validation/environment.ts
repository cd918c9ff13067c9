import { type FieldError, invalid, required } from "../../../machinery/field-error.ts";
import type { Container } from "../../../machinery/types.ts";
import { check, checkRequired, each } from "../../../machinery/validation/fields.ts";
import { configKeyErrors, dns1123SubdomainErrors, environmentNameErrors } from "../../../machinery/validation/names.ts";
import { validateFieldRef, validateResourceFieldRef } from "./field-selectors.ts";

type Variable = NonNullable<Container["env"]>[number];

export function validateEnvironment(env: Container["env"], field: string): FieldError[] {
  return each(env, field, (variable, at) => [
    ...checkRequired(`${at}.name`, variable.name, environmentNameErrors),
    ...validateValueFrom(variable, `${at}.valueFrom`),
  ]);
}

function validateValueFrom({ value, valueFrom }: Variable, field: string): FieldError[] {
  if (!valueFrom) return [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const errors = [
    ...(fieldRef ? validateFieldRef(fieldRef, "environment", `${field}.fieldRef`) : []),
    ...(resourceFieldRef ? validateResourceFieldRef(resourceFieldRef, "environment", `${field}.resourceFieldRef`) : []),
    ...(configMapKeyRef ? validateKeyRef(configMapKeyRef, `${field}.configMapKeyRef`) : []),
    ...(secretKeyRef ? validateKeyRef(secretKeyRef, `${field}.secretKeyRef`) : []),
  ];
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(Boolean).length;
  if (sources === 0) {
    const detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
    errors.push(invalid(field, "", detail));
  } else if (value) errors.push(invalid(field, "", "may not be specified when `value` is not empty"));
  else if (sources > 1) errors.push(invalid(field, "", "may not have more than one field specified at a time"));
  return errors;
}

function validateKeyRef(ref: { name?: string; key: string }, field: string): FieldError[] {
  return [
    ...check(`${field}.name`, ref.name ?? "", dns1123SubdomainErrors),
    ...checkRequired(`${field}.key`, ref.key, configKeyErrors),
  ];
}

export function validateEnvironmentFrom(sources: Container["envFrom"], field: string): FieldError[] {
  return each(sources, field, ({ prefix, configMapRef, secretRef }, at) => {
    const errors = prefix ? check(`${at}.prefix`, prefix, environmentNameErrors) : [];
    for (const [name, ref] of Object.entries({ configMapRef, secretRef })) {
      if (!ref) continue;
      if (ref.name) errors.push(...check(`${at}.${name}.name`, ref.name, dns1123SubdomainErrors));
      else errors.push(required(`${at}.${name}.name`));
    }
    if (!configMapRef && !secretRef) {
      errors.push(invalid(field, "", "must specify one of: `configMapRef` or `secretRef`"));
    } else if (configMapRef && secretRef) {
      errors.push(invalid(field, "", "may not have more than one field specified at a time"));
    }
    return errors;
  });
}
