/** Rule: https://kubernetes.io/docs/concepts/services-networking/service/ and kubernetes/kubernetes `pkg/apis/core/validation`. */
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../machinery/field-error.ts";
import type { Service } from "../../machinery/types.ts";
import { validateEndpointIp } from "../../machinery/validation/endpoint-ip.ts";
import { check, each, ipRange, oneOf, portNumber } from "../../machinery/validation/fields.ts";
import { validateLabels } from "../../machinery/validation/labels.ts";
import { dns1123SubdomainErrors, qualifiedNameErrors } from "../../machinery/validation/names.ts";
import { validateClusterIps, validateClusterIpsUpdate } from "./cluster-ip-validation.ts";
import { isExternallyAccessible } from "./defaults.ts";
import { validateServiceStatus } from "./load-balancer-status.ts";
import { isHeadless, needsClusterIp, needsHealthCheckPort } from "./needs.ts";
import { validateServicePorts } from "./port-validation.ts";

type Spec = NonNullable<Service["spec"]>;

/** A day. */
const longestAffinitySeconds = 86_400;

const kubeletPort = 10_250;
const keptFromUse = `may not expose port ${kubeletPort} externally since it is used by kubelet`;

export function validateService(object: Service): FieldError[] {
  const spec = object.spec ?? {};
  const ports = spec.ports ?? [];
  return [
    ...(ports.length === 0 && !isHeadless(object) && spec.type !== "ExternalName" ? [required("spec.ports")] : []),
    ...validateTypeAndAddress(object, spec),
    ...validateServicePorts(ports),
    ...validateLabels(spec.selector, "spec.selector"),
    ...oneOf("spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"]),
    ...validateAffinityTime(spec),
    ...validateClusterIps(spec),
    // Connections to the host itself are not a Service's to take.
    ...each(spec.externalIPs, "spec.externalIPs", (ip, at) => validateEndpointIp(at, ip)),
    ...oneOf("spec.type", spec.type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
    ...validateNodePorts(spec),
    ...validateDuplicates(spec),
    ...validateLoadBalancer(spec),
    ...validateSourceRanges(spec),
    ...validateTrafficPolicies(object, spec),
  ];
}

function validateTypeAndAddress(object: Service, spec: Spec): FieldError[] {
  if (spec.type === "LoadBalancer" || spec.type === "NodePort") {
    if (!isHeadless(object)) return [];
    return [invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec.type} services`)];
  }
  if (spec.type !== "ExternalName") return [];
  const errors: FieldError[] = [];
  const detail = "may not be set for ExternalName services";
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbidden("spec.clusterIPs", detail));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbidden("spec.ipFamilies", detail));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden("spec.ipFamilyPolicy", detail));
  // A final dot says that the name is whole.
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  errors.push(...(name ? check("spec.externalName", name, dns1123SubdomainErrors) : [required("spec.externalName")]));
  return errors;
}

function validateAffinityTime({ sessionAffinity, sessionAffinityConfig }: Spec): FieldError[] {
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (sessionAffinity !== "ClientIP" || seconds === undefined) return [];
  if (seconds > 0 && seconds <= longestAffinitySeconds) return [];
  const field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
  return [invalid(field, seconds, `must be greater than 0 and less than ${longestAffinitySeconds}`)];
}

function validateNodePorts({ type, ports }: Spec): FieldError[] {
  if (type !== "ClusterIP") return [];
  return each(ports, "spec.ports", ({ nodePort }, at) =>
    nodePort ? [forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'")] : [],
  );
}

function validateDuplicates({ ports }: Spec): FieldError[] {
  const nodePorts = new Set<string>();
  const numbers = new Set<string>();
  return [
    ...each(ports, "spec.ports", ({ protocol, nodePort }, at) => {
      if (!nodePort) return [];
      const key = `${protocol}/${nodePort}`;
      const errors = nodePorts.has(key) ? [duplicate(`${at}.nodePort`, nodePort)] : [];
      nodePorts.add(key);
      return errors;
    }),
    ...each(ports, "spec.ports", ({ protocol, port }, at) => {
      const key = `${protocol}/${port}`;
      const errors = numbers.has(key) ? [duplicate(at, { protocol, port })] : [];
      numbers.add(key);
      return errors;
    }),
  ];
}

const onlyForLoadBalancers = "may only be used when `type` is 'LoadBalancer'";

function validateLoadBalancer({ type, ports, allocateLoadBalancerNodePorts, loadBalancerClass }: Spec): FieldError[] {
  if (type === "LoadBalancer") {
    const classField = "spec.loadBalancerClass";
    return [
      ...each(ports, "spec.ports", ({ port }, at) => (port === kubeletPort ? [invalid(at, port, keptFromUse)] : [])),
      ...(loadBalancerClass === undefined ? [] : check(classField, loadBalancerClass, qualifiedNameErrors)),
    ];
  }
  const errors: FieldError[] = [];
  if (allocateLoadBalancerNodePorts !== undefined) {
    errors.push(forbidden("spec.allocateLoadBalancerNodePorts", onlyForLoadBalancers));
  }
  if (loadBalancerClass !== undefined) errors.push(forbidden("spec.loadBalancerClass", onlyForLoadBalancers));
  return errors;
}

/** The field begins with a capital in Kubernetes' messages, too. */
function validateSourceRanges({ type, loadBalancerSourceRanges: ranges = [] }: Spec): FieldError[] {
  if (ranges.length === 0) return [];
  const field = "spec.LoadBalancerSourceRanges";
  return [
    ...(type === "LoadBalancer" ? [] : [forbidden(field, onlyForLoadBalancers)]),
    // Blanks around them are allowed, as they came from an annotation once.
    ...each(ranges, field, (range, at) => ipRange(at, range.trim())),
  ];
}

function validateTrafficPolicies(object: Service, spec: Spec): FieldError[] {
  const errors: FieldError[] = [];
  const { externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, trafficDistribution } = spec;
  if (isExternallyAccessible(object)) {
    errors.push(...oneOf("spec.externalTrafficPolicy", externalTrafficPolicy, ["Cluster", "Local"]));
  } else if (externalTrafficPolicy) {
    const detail = "may only be set for externally-accessible services";
    errors.push(invalid("spec.externalTrafficPolicy", externalTrafficPolicy, detail));
  }
  if (healthCheckNodePort && !needsHealthCheckPort(object)) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalid("spec.healthCheckNodePort", healthCheckNodePort, detail));
  } else if (healthCheckNodePort) errors.push(...portNumber("spec.healthCheckNodePort", healthCheckNodePort));
  if (internalTrafficPolicy !== undefined || needsClusterIp(object)) {
    errors.push(...oneOf("spec.internalTrafficPolicy", internalTrafficPolicy, ["Cluster", "Local"]));
  }
  if (trafficDistribution !== undefined && trafficDistribution !== "PreferClose") {
    errors.push(notSupported("spec.trafficDistribution", trafficDistribution, ["PreferClose"]));
  }
  return errors;
}

export function validateServiceUpdate(object: Service, old: Service, subresource?: string): FieldError[] {
  if (subresource === "status") return validateServiceStatus(object);
  const errors = validateClusterIpsUpdate(object, old);
  if (needsHealthCheckPort(object) && needsHealthCheckPort(old)) {
    if (object.spec?.healthCheckNodePort !== old.spec?.healthCheckNodePort) {
      errors.push(forbidden("spec.healthCheckNodePort", "field is immutable"));
    }
  }
  const [now, before] = [object.spec?.loadBalancerClass, old.spec?.loadBalancerClass];
  if (object.spec?.type === "LoadBalancer" && old.spec?.type === "LoadBalancer" && now !== before) {
    errors.push(invalid("spec.loadBalancerClass", now ?? null, "may not change once set"));
  }
  return errors;
}
