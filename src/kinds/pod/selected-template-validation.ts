/** What holds for every workload that selects the Pods it makes: the selector must select the template's labels. */
import { type FieldError, forbidden, invalid, notSupported, required } from "../../machinery/field-error.ts";
import { matches, selectorFromObject } from "../../machinery/selector.ts";
import type { LabelSelector, PodTemplateSpec } from "../../machinery/types.ts";
import { isEmptySelector, validateLabelSelector } from "../../machinery/validation/labels.ts";
import { validatePodTemplate } from "./template-validation.ts";

/** Errors in `spec.selector`. @param workload as the message names it: `deployment`. */
export function validateSelector(selector: LabelSelector | undefined, workload: string): FieldError[] {
  if (!selector) return [required("spec.selector")];
  const errors = validateLabelSelector(selector, "spec.selector");
  if (isEmptySelector(selector)) {
    errors.push(invalid("spec.selector", selector, `empty selector is invalid for ${workload}`));
  }
  return errors;
}

/** Errors in `spec.template` of a workload whose Pods run for ever. @param selector undefined when it is missing or wrong. */
export function validateSelectedTemplate(
  template: PodTemplateSpec | undefined,
  selector: LabelSelector | undefined,
): FieldError[] {
  if (!template) return [required("spec.template")];
  const errors: FieldError[] = [];
  const labels = template.metadata?.labels ?? {};
  if (!selector || !matchesWell(selector, labels)) {
    errors.push(invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
  }
  errors.push(...validatePodTemplate(template, "spec.template"));
  const restartPolicy = template.spec?.restartPolicy;
  if (restartPolicy !== undefined && restartPolicy !== "Always") {
    errors.push(notSupported("spec.template.spec.restartPolicy", restartPolicy, ["Always"]));
  }
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(
      forbidden("spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in ReplicaSet is not Supported"),
    );
  }
  return errors;
}

/** Whether a selector that may itself be wrong or select everything selects these labels on purpose. */
function matchesWell(selector: LabelSelector, labels: Record<string, string>): boolean {
  // An empty selector is an error of its own; one with an unknown operator matches nothing.
  if (isEmptySelector(selector)) return true;
  if (validateLabelSelector(selector, "").length > 0) return false;
  return matches(selectorFromObject(selector), labels);
}
