/** What an update of a Service keeps, and what it gives up with its type. Rule: kubernetes/kubernetes `pkg/registry/core/service`. */
import type { Stored } from "../../machinery/object.ts";
import type { Service } from "../../machinery/types.ts";
import { semanticEqual } from "../../machinery/validation/semantic-equal.ts";
import { keepStatus } from "../status.ts";
import { isExternallyAccessible } from "./defaults.ts";
import { needsClusterIp, needsHealthCheckPort, needsNodePorts } from "./needs.ts";

type Spec = NonNullable<Service["spec"]>;

/** In place. */
export function prepareServiceForUpdate(object: Service, old: Stored<Service>): void {
  keepStatus(object, old);
  if (!object.spec || !old.spec) return;
  followClusterIp(object.spec, old.spec);
  keepAllocated(object, old);
  dropWithType(object, old);
}

/** Who changes one of `clusterIP` and `clusterIPs` means both. */
function followClusterIp(spec: Spec, old: Spec): void {
  const isListUnchanged = semanticEqual(spec.clusterIPs, old.clusterIPs);
  if (spec.clusterIP === old.clusterIP || !isListUnchanged) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}

/** What the server chose stays where the client does not repeat it (`kubectl replace` of the first manifest). */
function keepAllocated(object: Service, old: Stored<Service>): void {
  const spec = object.spec as Spec;
  const before = old.spec as Spec;
  if (needsClusterIp(object) && needsClusterIp(old)) {
    if (!spec.clusterIP && before.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIP = before.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === before.clusterIP && before.clusterIPs) {
      spec.clusterIPs = [...before.clusterIPs];
    }
    if (before.ipFamilyPolicy) spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
    if ((spec.ipFamilies ?? []).length === 0 && before.ipFamilies) spec.ipFamilies = [...before.ipFamilies];
  }
  if (needsNodePorts(object) && needsNodePorts(old)) {
    const chosen = new Set((spec.ports ?? []).map((port) => port.nodePort));
    for (const port of spec.ports ?? []) {
      const same = before.ports?.find((other) => other.port === port.port && other.protocol === port.protocol);
      if (port.nodePort || !same?.nodePort || chosen.has(same.nodePort)) continue;
      port.nodePort = same.nodePort;
    }
  }
  if (needsHealthCheckPort(object) && needsHealthCheckPort(old) && before.healthCheckNodePort) {
    spec.healthCheckNodePort ||= before.healthCheckNodePort;
  }
}

/** Fields that only the old type had, if they were merely sent back as they were. */
function dropWithType(object: Service, old: Stored<Service>): void {
  const spec = object.spec as Spec;
  const before = old.spec as Spec;
  if (needsClusterIp(old) && !needsClusterIp(object)) {
    if (spec.clusterIP === before.clusterIP) delete spec.clusterIP;
    if (semanticEqual(spec.clusterIPs, before.clusterIPs)) delete spec.clusterIPs;
    if (semanticEqual(spec.ipFamilies, before.ipFamilies)) delete spec.ipFamilies;
    if (spec.ipFamilyPolicy === before.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  if (needsNodePorts(old) && !needsNodePorts(object)) {
    const had = new Set((before.ports ?? []).map((port) => port.nodePort));
    const ports = spec.ports ?? [];
    if (ports.every((port) => !port.nodePort || had.has(port.nodePort))) for (const port of ports) delete port.nodePort;
  }
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(object)) {
    if (spec.healthCheckNodePort === before.healthCheckNodePort) delete spec.healthCheckNodePort;
  }
  if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(object)) {
    if (spec.externalTrafficPolicy === before.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  }
}
