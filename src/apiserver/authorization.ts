/** Asks of every request whether its caller may make it (machinery/authorization.ts says who may), and refuses in Kubernetes' words. */
import { type AccessAttributes, adminGroup, isAllowed } from "../machinery/authorization.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { User } from "./api.ts";
import type { RequestInfo, ResourceRequest } from "./http/request-info.ts";

export function isAdmin(user: User): boolean {
  return user.groups.includes(adminGroup);
}

/** Without any credentials: only whether the server lives, and what version it is. */
export function allowedToAll(info: RequestInfo): boolean {
  return isAllowed([], attributesOf(info));
}

function attributesOf(info: RequestInfo): AccessAttributes {
  if (!info.isResource) return { verb: info.verb, path: info.path };
  const { verb, group, resource, subresource } = info;
  return { verb, group, resource, ...(subresource && { subresource }) };
}

/** @throws StatusError Forbidden, in Kubernetes' words. */
export function authorize(user: User, info: RequestInfo): void {
  if (isAllowed(user.groups, attributesOf(info))) return;
  if (info.isResource) throw forbiddenResource(user, info);
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
