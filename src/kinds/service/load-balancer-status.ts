/** What may be written about a Service's load balancer. Rule: kubernetes/kubernetes `pkg/apis/core/validation` and KEP-1860. */
import { type FieldError, forbidden, required } from "../../machinery/field-error.ts";
import type { Service } from "../../machinery/types.ts";
import { oneOf } from "../../machinery/validation/fields.ts";
import { validateLoadBalancerPoints } from "../../machinery/validation/load-balancer-status.ts";

const field = "status.loadBalancer.ingress";

export function validateServiceStatus({ spec, status }: Service): FieldError[] {
  const points = status?.loadBalancer?.ingress ?? [];
  if (spec?.type !== "LoadBalancer" && points.length > 0) {
    return [forbidden(field, 'may only be used when `spec.type` is "LoadBalancer"')];
  }
  return validateLoadBalancerPoints(points, field, ({ ip, ipMode }, at) => {
    if (ip && ipMode === undefined) return [required(`${at}.ipMode`, "must be specified when `ip` is set")];
    if (ipMode === undefined) return [];
    if (!ip) return [forbidden(`${at}.ipMode`, "may not be specified when `ip` is not set")];
    return oneOf(`${at}.ipMode`, ipMode, ["Proxy", "VIP"]);
  });
}
