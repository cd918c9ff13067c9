/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
import { ageColumn, nameColumn } from "../../machinery/columns.ts";
import { type FieldError, invalid, required } from "../../machinery/field-error.ts";
import { defineKind } from "../../machinery/kind.ts";
import { leases } from "../../machinery/resource.ts";
import type { Lease } from "../../machinery/types.ts";

function validate(object: Lease): FieldError[] {
  const errors: FieldError[] = [];
  const { leaseDurationSeconds, leaseTransitions, holderIdentity } = object.spec ?? {};
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(invalid("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0"));
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    errors.push(invalid("spec.leaseTransitions", leaseTransitions, "must be greater than or equal to 0"));
  }
  if (holderIdentity === "") errors.push(required("spec.holderIdentity", "must not be empty"));
  return errors;
}

export const lease = defineKind<Lease>({
  resource: leases,
  singular: "lease",
  schema: "coordination.v1.Lease",
  generation: false,
  validate,
  columns: [
    nameColumn,
    { name: "Holder", type: "string", value: (object) => object.spec?.holderIdentity ?? "" },
    ageColumn,
  ],
});
