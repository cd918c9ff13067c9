/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/ */
import { ageColumn, nameColumn, podSpecColumns, printLabels } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { podTemplates } from "../../machinery/resource.ts";
import type { PodTemplate } from "../../machinery/types.ts";
import { defaultPodTemplate } from "../pod/defaults.ts";
import { validatePodTemplate } from "../pod/template-validation.ts";
import { sctpFieldsOfPodSpec } from "../sctp-fields.ts";

export const podTemplate = defineKind<PodTemplate>({
  resource: podTemplates,
  singular: "podtemplate",
  schema: "core.v1.PodTemplate",
  defaults(object) {
    object.template ??= {};
    defaultPodTemplate(object.template);
  },
  validate: (object) => validatePodTemplate(object.template ?? {}, "template"),
  sctpFields: sctpFieldsOfPodSpec("template.spec"),
  columns: [
    nameColumn,
    // Shown without `-o wide` for this kind alone.
    ...podSpecColumns<PodTemplate>((object) => object.template?.spec).map((column) => ({ ...column, priority: 0 })),
    { name: "Pod Labels", type: "string", value: (object) => printLabels(object.template?.metadata?.labels) },
    ageColumn,
  ],
});
