import { type FieldError, forbidden, invalid } from "../../machinery/field-error.ts";
import type { Container, Pod } from "../../machinery/types.ts";
import { each } from "../../machinery/validation/fields.ts";
import { validatePodSpec } from "./validation/pod-spec.ts";

/** Errors in a Pod: those of its spec, and what holds for Pods but not for templates. */
export function validatePod(pod: Pod): FieldError[] {
  const spec = pod.spec ?? { containers: [] };
  return [
    ...validatePodSpec(spec, "spec"),
    ...each(spec.containers, "spec.containers", validateImage),
    ...each(spec.initContainers, "spec.initContainers", validateImage),
    // They come through a part of their own, which Skiff does not serve yet.
    ...((spec.ephemeralContainers ?? []).length > 0
      ? [forbidden("spec.ephemeralContainers", "cannot be set on create")]
      : []),
  ];
}

function validateImage({ image = "" }: Container, at: string): FieldError[] {
  if (image === image.trim()) return [];
  return [invalid(`${at}.image`, image, "must not have leading or trailing whitespace")];
}
