/**
 * Who may do what. Skiff has one administrator (and whoever shares that group); everybody else who can prove who they are may look
 * at what is served and ask about themselves, as Kubernetes' `system:discovery` and `system:basic-user` let them.
 * Rule: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
 */
import { StatusError } from "../machinery/status-error.ts";
import type { User } from "./api.ts";
import type { RequestInfo, ResourceRequest } from "./http/request-info.ts";

/** May do everything, as in Kubernetes. */
export const adminGroup = "system:masters";

const openPaths = ["/api", "/apis", "/healthz", "/livez", "/readyz", "/openapi", "/version", "/version/"];

const selfReviews = new Set(["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"]);

export function isAdmin(user: User): boolean {
  return user.groups.includes(adminGroup);
}

/** Without any credentials: only whether the server lives, and what version it is. */
export function allowedToAll(info: RequestInfo): boolean {
  return !info.isResource && info.verb === "get" && /^\/(healthz|livez|readyz|version)(\/|$)/.test(info.path);
}

/** @throws StatusError Forbidden, in Kubernetes' words. */
export function authorize(user: User, info: RequestInfo): void {
  if (isAdmin(user)) return;
  if (info.isResource) {
    if (info.verb === "create" && selfReviews.has(info.resource) && !info.subresource) return;
    throw forbiddenResource(user, info);
  }
  if (info.verb === "get" && openPaths.some((path) => info.path === path || info.path.startsWith(`${path}/`))) return;
  throw new StatusError(
    403,
    "Forbidden",
    `forbidden: User ${JSON.stringify(user.name)} cannot ${info.verb} path ${JSON.stringify(info.path)}`,
    {},
  );
}

function forbiddenResource(user: User, info: ResourceRequest): StatusError {
  const { verb, group, resource, subresource, namespace, name } = info;
  const what = JSON.stringify(subresource ? `${resource}/${subresource}` : resource);
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : "at the cluster scope";
  const why = `User ${JSON.stringify(user.name)} cannot ${verb} resource ${what} in API group ${JSON.stringify(group)} ${where}`;
  return StatusError.forbidden({ group, plural: resource }, name ?? "", why);
}
