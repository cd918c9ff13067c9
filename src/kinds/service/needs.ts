/** What the type of a Service asks for: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types */
import type { Service } from "../../machinery/types.ts";

/** Every type but `ExternalName` has a cluster IP, if only `None`. */
export function needsClusterIp(object: Service): boolean {
  const type = object.spec?.type ?? "";
  return type === "ClusterIP" || type === "NodePort" || type === "LoadBalancer";
}

/** Its ports may have node ports. */
export function needsNodePorts(object: Service): boolean {
  const type = object.spec?.type ?? "";
  return type === "NodePort" || type === "LoadBalancer";
}

/** Ports without a node port are to be given one. */
export function wantsNodePorts(object: Service): boolean {
  if (object.spec?.type === "LoadBalancer") return object.spec.allocateLoadBalancerNodePorts !== false;
  return object.spec?.type === "NodePort";
}

export function needsHealthCheckPort(object: Service): boolean {
  return object.spec?.type === "LoadBalancer" && object.spec.externalTrafficPolicy === "Local";
}

export function isHeadless(object: Service): boolean {
  return object.spec?.clusterIPs?.[0] === "None" || object.spec?.clusterIP === "None";
}
