/** Errors in the spec of a Pod or of a template, in the API's order. Rule: kubernetes/kubernetes `pkg/apis/core/validation`. */
import { duplicate, type FieldError, invalid } from "../../../machinery/field-error.ts";
import type { PodSpec } from "../../../machinery/types.ts";
import { check, each, ipAddress, oneOf } from "../../../machinery/validation/fields.ts";
import { validateLabels } from "../../../machinery/validation/labels.ts";
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  qualifiedNameErrors,
} from "../../../machinery/validation/names.ts";
import { validateAffinity } from "./affinity.ts";
import { validateContainers, validateInitContainers } from "./containers.ts";
import { validateDnsConfig } from "./dns.ts";
import { validatePodSecurityContext } from "./security-context.ts";
import { validateTolerations } from "./tolerations.ts";
import { validateVolumes } from "./volumes.ts";

const largestInt32 = 2 ** 31 - 1;

/** @param field `spec`, or `spec.template.spec`. */
export function validatePodSpec(spec: PodSpec, field: string): FieldError[] {
  const volumes = validateVolumes(spec.volumes, `${field}.volumes`);
  const at = (name: keyof PodSpec): string => `${field}.${name}`;
  const text = (name: keyof PodSpec, value: string | undefined, rule: (value: string) => string[]): FieldError[] =>
    value ? check(at(name), value, rule) : [];
  return [
    ...volumes.errors,
    ...validateContainers(spec, volumes.names, at("containers")),
    ...validateInitContainers(spec, volumes.names, at("initContainers")),
    ...validateHostNetwork(spec, at("containers")),
    ...oneOf(at("restartPolicy"), spec.restartPolicy, ["Always", "OnFailure", "Never"]),
    ...oneOf(at("dnsPolicy"), spec.dnsPolicy, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]),
    ...validateLabels(spec.nodeSelector, at("nodeSelector")),
    ...validatePodSecurityContext(spec, at("securityContext")),
    ...validateAffinity(spec.affinity, at("affinity")),
    ...validateDnsConfig(spec, at("dnsConfig")),
    ...each(spec.readinessGates, at("readinessGates"), ({ conditionType }, gate) =>
      check(`${gate}.conditionType`, conditionType, qualifiedNameErrors),
    ),
    ...validateSchedulingGates(spec, at("schedulingGates")),
    ...text("serviceAccountName", spec.serviceAccountName, dns1123SubdomainErrors),
    ...text("nodeName", spec.nodeName, dns1123SubdomainErrors),
    ...validateDeadline(spec.activeDeadlineSeconds, at("activeDeadlineSeconds")),
    ...text("hostname", spec.hostname, dns1123LabelErrors),
    ...text("subdomain", spec.subdomain, dns1123LabelErrors),
    ...validateTolerations(spec.tolerations, at("tolerations")),
    ...each(spec.hostAliases, at("hostAliases"), ({ ip, hostnames }, alias) => [
      ...ipAddress(`${alias}.ip`, ip ?? ""),
      ...each(hostnames, `${alias}.hostnames`, (name, atName) => check(atName, name, dns1123SubdomainErrors)),
    ]),
    ...text("priorityClassName", spec.priorityClassName, dns1123SubdomainErrors),
    ...text("runtimeClassName", spec.runtimeClassName, dns1123SubdomainErrors),
    ...(spec.preemptionPolicy === undefined
      ? []
      : oneOf(at("preemptionPolicy"), spec.preemptionPolicy, ["PreemptLowerPriority", "Never"])),
  ];
}

/** On the host's network a container's port is the host's. */
function validateHostNetwork(spec: PodSpec, field: string): FieldError[] {
  if (!spec.hostNetwork) return [];
  return each(spec.containers, field, (container, at) =>
    each(container.ports, `${at}.ports`, ({ hostPort, containerPort }, atPort) =>
      // A template may leave it open: the Pod made from it will have it filled in.
      !hostPort || hostPort === containerPort
        ? []
        : [invalid(`${atPort}.hostPort`, hostPort, "must match `containerPort` when `hostNetwork` is true")],
    ),
  );
}

function validateSchedulingGates(spec: PodSpec, field: string): FieldError[] {
  const seen = new Set<string>();
  return each(spec.schedulingGates, field, ({ name }, at) => {
    const errors = check(at, name, qualifiedNameErrors);
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    return errors;
  });
}

function validateDeadline(seconds: number | undefined, field: string): FieldError[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= largestInt32)) return [];
  return [invalid(field, seconds, `must be between 1 and ${largestInt32}, inclusive`)];
}
