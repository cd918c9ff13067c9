/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/ */
import { ageColumn, nameColumn, none } from "../../machinery/columns.ts";
import { type FieldError, invalid, required } from "../../machinery/field-error.ts";
import { defineKind } from "../../machinery/kind.ts";
import { controllerOf } from "../../machinery/object.ts";
import { controllerRevisions } from "../../machinery/resource.ts";
import type { ControllerRevision } from "../../machinery/types.ts";
import { semanticEqual } from "../../machinery/validation/semantic-equal.ts";

function validate(object: ControllerRevision): FieldError[] {
  const errors: FieldError[] = [];
  if (object.data === undefined || object.data === null) errors.push(required("data", "data is mandatory"));
  if ((object.revision ?? 0) < 0) {
    errors.push(invalid("revision", object.revision, "must be greater than or equal to 0"));
  }
  return errors;
}

/** `statefulset.apps/web` */
function controller(object: ControllerRevision): string {
  const owner = controllerOf(object);
  if (!owner) return none;
  const [group, version] = owner.apiVersion.split("/");
  return `${owner.kind.toLowerCase()}${version === undefined ? "" : `.${group}`}/${owner.name}`;
}

export const controllerRevision = defineKind<ControllerRevision>({
  resource: controllerRevisions,
  singular: "controllerrevision",
  schema: "apps.v1.ControllerRevision",
  generation: false,
  validate,
  validateUpdate: (object, old) =>
    semanticEqual(object.data, old.data) ? [] : [invalid("data", object.data, "field is immutable")],
  columns: [
    nameColumn,
    { name: "Controller", type: "string", value: controller },
    { name: "Revision", type: "string", value: (object) => String(object.revision ?? 0) },
    ageColumn,
  ],
});
