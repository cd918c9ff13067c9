/**
 * `/scale` of workloads, the one door through which `kubectl scale` and autoscalers set `spec.replicas`.
 * Rule: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v1/ (Scale)
 */
import { ageColumn, nameColumn } from "../../machinery/columns.ts";
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import type { Column, UpdateSubresource } from "../../machinery/kind.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { printSelector, selectorFromObject } from "../../machinery/selector.ts";
import type { LabelSelector, Scale } from "../../machinery/types.ts";

/** What every scalable kind has. */
export type Scalable = KubeObject & {
  spec?: { replicas?: number };
  status?: { replicas?: number };
};

/** As `kubectl get --subresource=scale` prints it. */
const scaleColumns: readonly Column<Scalable>[] = [
  nameColumn,
  { name: "Desired", type: "integer", value: ({ spec }) => spec?.replicas ?? 0 },
  { name: "Available", type: "integer", value: ({ status }) => status?.replicas ?? 0 },
  ageColumn,
];

/** @param selectorOf the workload's selector, as an object. */
export function scaleSubresource<T extends Scalable>(
  selectorOf: (object: Stored<T>) => LabelSelector | undefined,
): UpdateSubresource<T> {
  return {
    type: "update",
    kind: { group: "autoscaling", version: "v1", kind: "Scale" },
    columns: scaleColumns,
    view(object): Scale {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
      const selector = selectorOf(object);
      return {
        kind: "Scale",
        apiVersion: "autoscaling/v1",
        metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
        // As in the API's JSON, nought replicas asked for are left out, nought present are not.
        spec: object.spec?.replicas ? { replicas: object.spec.replicas } : {},
        status: {
          replicas: object.status?.replicas ?? 0,
          ...(selector && { selector: printSelector(selectorFromObject(selector)) }),
        },
      };
    },
    change(next, sent: Scale) {
      next.spec = { ...next.spec, replicas: sent.spec?.replicas ?? 0 };
    },
    validate(sent: Scale): FieldError[] {
      const replicas = sent.spec?.replicas ?? 0;
      return replicas < 0 ? [invalid("spec.replicas", replicas, "must be greater than or equal to 0")] : [];
    },
  };
}
