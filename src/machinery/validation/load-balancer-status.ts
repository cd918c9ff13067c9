/** Where a load balancer says that it is reached, of Services and Ingresses alike. Rule: kubernetes/kubernetes `pkg/apis/core/validation`. */
import { isIP } from "node:net";
import { type FieldError, invalid } from "../field-error.ts";
import { check, each, ipAddress } from "./fields.ts";
import { dns1123SubdomainErrors } from "./names.ts";

interface Point {
  ip?: string;
  hostname?: string;
}

/** @param field of the list: `status.loadBalancer.ingress`. @param more rules for each point. */
export function validateLoadBalancerPoints<P extends Point>(
  points: readonly P[] | undefined,
  field: string,
  more: (point: P, field: string) => FieldError[] = () => [],
): FieldError[] {
  return each(points, field, (point, at) => [
    ...(point.ip ? ipAddress(`${at}.ip`, point.ip) : []),
    ...more(point, at),
    ...hostname(point.hostname, `${at}.hostname`),
  ]);
}

function hostname(name: string | undefined, field: string): FieldError[] {
  if (!name) return [];
  if (isIP(name) !== 0) return [invalid(field, name, "must be a DNS name, not an IP address")];
  return check(field, name, dns1123SubdomainErrors);
}
