/** `?fieldSelector=`: which fields a kind's objects can be selected by. https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/ */
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { matches, type Selector } from "../../machinery/selector.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { FieldRequirement, ServedKind } from "../api.ts";

type AnyObject = Stored<KubeObject>;
type Field = (object: AnyObject) => string;

const ofEveryKind: Readonly<Record<string, Field>> = {
  "metadata.name": (object) => object.metadata.name,
  "metadata.namespace": (object) => object.metadata.namespace ?? "",
};

/**
 * One question for both selectors; undefined when everything is selected.
 * @throws StatusError BadRequest for a field the kind cannot be selected by.
 */
export function selection(
  kind: ServedKind,
  labels: Selector | undefined,
  fields: readonly FieldRequirement[] | undefined,
): ((object: AnyObject) => boolean) | undefined {
  const hasLabels = labels !== undefined && labels.length > 0;
  if (!hasLabels && (fields === undefined || fields.length === 0)) return undefined;
  const requirements = (fields ?? []).map(({ field, operator, value }) => ({
    read: fieldOf(kind, field),
    wanted: operator === "=",
    value,
  }));
  return (object) =>
    (!hasLabels || matches(labels, object.metadata.labels)) &&
    requirements.every(({ read, wanted, value }) => (read(object) === value) === wanted);
}

function fieldOf({ definition }: ServedKind, field: string): Field {
  const own = definition.selectableFields;
  const found = own?.[field] ?? ofEveryKind[field];
  if (found) return found;
  if (own) throw StatusError.badRequest(`field label not supported: ${field}`);
  const known = '"metadata.name", "metadata.namespace"';
  throw StatusError.badRequest(`${JSON.stringify(field)} is not a known field selector: only ${known}`);
}
