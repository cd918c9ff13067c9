import { type FieldError, forbidden } from "../../machinery/field-error.ts";
import type { PodTemplateSpec } from "../../machinery/types.ts";
import { validateAnnotations, validateLabels } from "../../machinery/validation/labels.ts";
import { validatePodSpec } from "./validation/pod-spec.ts";

/** Errors in a template of Pods. @param field where the template is: `spec.template`. */
export function validatePodTemplate(template: PodTemplateSpec, field: string): FieldError[] {
  return [
    ...validateLabels(template.metadata?.labels, `${field}.labels`),
    ...validateAnnotations(template.metadata?.annotations, `${field}.annotations`),
    ...validatePodSpec(template.spec ?? { containers: [] }, `${field}.spec`),
    ...((template.spec?.ephemeralContainers ?? []).length > 0
      ? [forbidden(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template")]
      : []),
  ];
}
