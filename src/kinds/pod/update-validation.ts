/** What may change of a Pod: https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement */
import { type FieldError, forbidden, invalid } from "../../machinery/field-error.ts";
import type { Container, Pod, PodSpec, Toleration } from "../../machinery/types.ts";
import { semanticEqual } from "../../machinery/validation/semantic-equal.ts";

const spec = "spec";

/** @param subresource the scheduler's `binding` alone may set the node. */
export function validatePodUpdate(pod: Pod, old: Pod, subresource?: string): FieldError[] {
  if (subresource === "binding" || !pod.spec || !old.spec) return [];
  const counts = [
    ...sameNumber(pod.spec.containers, old.spec.containers, `${spec}.containers`),
    ...sameNumber(pod.spec.initContainers, old.spec.initContainers, `${spec}.initContainers`),
  ];
  if (counts.length > 0) return counts;
  return [
    ...validateDeadlineUpdate(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds),
    ...validateTolerationsUpdate(pod.spec.tolerations ?? [], old.spec.tolerations ?? []),
    ...validateGatesUpdate(pod.spec, old.spec),
    ...validateRest(pod.spec, old.spec),
  ];
}

function sameNumber(now: Container[] = [], before: Container[] = [], field = ""): FieldError[] {
  return now.length === before.length ? [] : [forbidden(field, "pod updates may not add or remove containers")];
}

/** The time limit may be set and shortened. */
function validateDeadlineUpdate(now: number | undefined, before: number | undefined): FieldError[] {
  if (before === undefined) return [];
  const field = `${spec}.activeDeadlineSeconds`;
  if (now === undefined) return [invalid(field, null, "must not update from a positive integer to nil value")];
  if (now <= before) return [];
  return [invalid(field, now, `must be less than or equal to previous value`)];
}

function validateTolerationsUpdate(now: Toleration[], before: Toleration[]): FieldError[] {
  const kept = before.every((old) => now.some((toleration) => semanticEqual(untimed(toleration), untimed(old))));
  const detail = "existing toleration can not be modified except its tolerationSeconds";
  return kept ? [] : [forbidden(`${spec}.tolerations`, detail)];
}

function untimed({ tolerationSeconds: _seconds, ...toleration }: Toleration): Omit<Toleration, "tolerationSeconds"> {
  return toleration;
}

function validateGatesUpdate(now: PodSpec, before: PodSpec): FieldError[] {
  const old = new Set((before.schedulingGates ?? []).map((gate) => gate.name));
  return (now.schedulingGates ?? []).flatMap(({ name }, index) =>
    old.has(name)
      ? []
      : [
          forbidden(
            `${spec}.schedulingGates[${index}].name`,
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  );
}

function validateRest(now: PodSpec, before: PodSpec): FieldError[] {
  if (semanticEqual(fixedPart(now), fixedPart(before))) return [];
  const detail =
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
  return [forbidden(spec, detail)];
}

/** The spec without what may change. */
function fixedPart(podSpec: PodSpec): unknown {
  const {
    containers,
    initContainers,
    activeDeadlineSeconds: _deadline,
    tolerations: _tolerations,
    schedulingGates: _gates,
    terminationGracePeriodSeconds,
    ...rest
  } = podSpec;
  const seconds = terminationGracePeriodSeconds ?? 0;
  return {
    ...rest,
    containers: containers.map(withoutImage),
    initContainers: (initContainers ?? []).map(withoutImage),
    terminationGracePeriodSeconds: seconds < 0 ? 1 : seconds,
  };
}

function withoutImage({ image: _image, ...container }: Container): Omit<Container, "image"> {
  return container;
}
