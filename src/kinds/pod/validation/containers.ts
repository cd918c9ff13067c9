import { duplicate, type FieldError, forbidden, notSupported, required } from "../../../machinery/field-error.ts";
import type { Container, PodSpec } from "../../../machinery/types.ts";
import { checkRequired, each, oneOf } from "../../../machinery/validation/fields.ts";
import { dns1123LabelErrors } from "../../../machinery/validation/names.ts";
import { validateEnvironment, validateEnvironmentFrom } from "./environment.ts";
import { validateMounts } from "./mounts.ts";
import { validateHostPorts, validatePorts } from "./ports.ts";
import { forbidProbesAndHooks, validateProbesAndHooks } from "./probes.ts";
import { validateResources } from "./resources.ts";
import { validateSecurityContext } from "./security-context.ts";

/** What holds for a container of any sort. */
function validateContainer(container: Container, volumes: ReadonlySet<string>, at: string): FieldError[] {
  return [
    ...checkRequired(`${at}.name`, container.name, dns1123LabelErrors),
    ...(container.image ? [] : [required(`${at}.image`)]),
    ...oneOf(`${at}.terminationMessagePolicy`, container.terminationMessagePolicy, ["File", "FallbackToLogsOnError"]),
    ...validatePorts(container.ports, `${at}.ports`),
    ...validateEnvironment(container.env, `${at}.env`),
    ...validateEnvironmentFrom(container.envFrom, `${at}.envFrom`),
    ...validateMounts(container, volumes, `${at}.volumeMounts`),
    ...oneOf(`${at}.imagePullPolicy`, container.imagePullPolicy, ["Always", "IfNotPresent", "Never"]),
    ...validateResources(container.resources, `${at}.resources`),
    ...validateSecurityContext(container.securityContext, `${at}.securityContext`),
  ];
}

/** @param volumes names of the Pod's volumes. */
export function validateContainers(spec: PodSpec, volumes: ReadonlySet<string>, field: string): FieldError[] {
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [required(field)];
  const gracePeriod = spec.terminationGracePeriodSeconds ?? 0;
  const names = new Set<string>();
  return [
    ...each(containers, field, (container, at) => {
      const errors = validateContainer(container, volumes, at);
      if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
      names.add(container.name);
      errors.push(...validateProbesAndHooks(container, gracePeriod, at));
      if (container.restartPolicy !== undefined) {
        errors.push(forbidden(`${at}.restartPolicy`, "may not be set for non-init containers"));
      }
      return errors;
    }),
    ...validateHostPorts(containers, field),
  ];
}

/** Init containers run to their end one by one, except those that stay (`restartPolicy: Always`), which may be probed. */
export function validateInitContainers(spec: PodSpec, volumes: ReadonlySet<string>, field: string): FieldError[] {
  const gracePeriod = spec.terminationGracePeriodSeconds ?? 0;
  const names = new Set((spec.containers ?? []).map((container) => container.name));
  return each(spec.initContainers, field, (container, at) => {
    const errors = validateContainer(container, volumes, at);
    const { restartPolicy } = container;
    if (restartPolicy !== undefined && restartPolicy !== "Always") {
      errors.push(notSupported(`${at}.restartPolicy`, restartPolicy, ["Always"]));
    }
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    errors.push(...validateHostPorts([container], field));
    const rule =
      restartPolicy === "Always"
        ? validateProbesAndHooks(container, gracePeriod, at)
        : forbidProbesAndHooks(container, at);
    return [...errors, ...rule];
  });
}
