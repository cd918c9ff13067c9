import {
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from "../../../machinery/field-error.ts";
import type { Container } from "../../../machinery/types.ts";
import { descendingPath, each } from "../../../machinery/validation/fields.ts";

/** @param volumes names of the Pod's volumes that are well-formed. */
export function validateMounts(container: Container, volumes: ReadonlySet<string>, field: string): FieldError[] {
  const paths = new Set<string>();
  return each(container.volumeMounts, field, (mount, at) => {
    const errors: FieldError[] = [];
    if (!mount.name) errors.push(required(`${at}.name`));
    if (!volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    if (paths.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, "must be unique"));
    paths.add(mount.mountPath);
    if (mount.subPath) errors.push(...descendingPath(`${field}.subPath`, mount.subPath));
    if (mount.subPathExpr) {
      if (mount.subPath) {
        const detail = "subPathExpr and subPath are mutually exclusive";
        errors.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, detail));
      }
      errors.push(...descendingPath(`${field}.subPathExpr`, mount.subPathExpr));
    }
    if (mount.mountPropagation !== undefined) {
      errors.push(...validatePropagation(mount.mountPropagation, container, `${field}.mountPropagation`));
    }
    return errors;
  });
}

function validatePropagation(propagation: string, container: Container, field: string): FieldError[] {
  const known = ["Bidirectional", "HostToContainer", "None"];
  if (!known.includes(propagation)) return [notSupported(field, propagation, known)];
  if (propagation !== "Bidirectional" || container.securityContext?.privileged) return [];
  return [forbidden(field, "Bidirectional mount propagation is available only to privileged containers")];
}
