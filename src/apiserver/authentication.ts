/**
 * Who asks: the owner of a client certificate, the bearer of a ServiceAccount's token, or whoever may open the instance's
 * unix socket.
 * Rule: https://kubernetes.io/docs/reference/access-authn-authz/authentication/
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { StatusError } from "../machinery/status-error.ts";
import type { User } from "./api.ts";
import { isAdmin } from "./authorization.ts";
import { adminName } from "./certificates.ts";

/** The user of a token, or undefined where it is nobody's. */
export type VerifyToken = (token: string) => User | undefined;

const authenticated = "system:authenticated";

/** Whoever holds the unix socket, whose file only the instance's owner may open. */
const socketUser: User = { name: adminName, groups: ["system:masters", authenticated] };

/** A connection's certificate does not change: read it once. */
const certificateUsers = new WeakMap<Socket, User | "none" | "bad">();

/**
 * @returns undefined for a request without any credentials.
 * @throws StatusError Unauthorized for credentials that are not good; Forbidden, BadRequest about impersonation.
 */
export function authenticate(request: IncomingMessage, verifyToken: VerifyToken): User | undefined {
  const user = identify(request, verifyToken);
  return user && "impersonate-user" in request.headers
    ? impersonate(user, request)
    : withoutStrayImpersonation(user, request);
}

function identify(request: IncomingMessage, verifyToken: VerifyToken): User | undefined {
  const { socket, headers } = request;
  if (!(socket instanceof TLSSocket)) return socketUser;
  const owner = certificateUser(socket);
  if (owner === "bad") throw StatusError.unauthorized();
  if (owner !== "none") return owner;
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const token = /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
  const user = token === undefined ? undefined : verifyToken(token);
  if (!user) throw StatusError.unauthorized();
  return user;
}

function certificateUser(socket: TLSSocket): User | "none" | "bad" {
  const known = certificateUsers.get(socket);
  if (known) return known;
  const found = readCertificate(socket);
  certificateUsers.set(socket, found);
  return found;
}

/** Kubernetes' rule: the name is the subject's CN, its groups are the Os. */
function readCertificate(socket: TLSSocket): User | "none" | "bad" {
  const certificate = socket.getPeerCertificate();
  // Without a certificate Node gives an empty object.
  const subject = certificate?.subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  if (!subject) return "none";
  const name = [subject.CN ?? []].flat()[0];
  if (!socket.authorized || !name) return "bad";
  return { name, groups: [...[subject.O ?? []].flat(), authenticated] };
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
function impersonate(user: User, request: IncomingMessage): User {
  const name = String(request.headers["impersonate-user"]);
  const isServiceAccount = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name);
  const asked = headerValues(request, "impersonate-group");
  if (!isAdmin(user)) {
    const why = `User ${JSON.stringify(user.name)} cannot impersonate resource "users" in API group "" at the cluster scope`;
    throw StatusError.forbidden({ group: "", plural: "users" }, name, why);
  }
  const own = isServiceAccount ? ["system:serviceaccounts", `system:serviceaccounts:${isServiceAccount[1]}`] : [];
  const groups = asked.length > 0 ? asked : own;
  const uid = request.headers["impersonate-uid"]?.toString();
  return {
    name,
    ...(uid && { uid }),
    groups: name === "system:anonymous" ? ["system:unauthenticated"] : [...new Set([...groups, authenticated])],
  };
}

function withoutStrayImpersonation(user: User | undefined, request: IncomingMessage): User | undefined {
  if (!("impersonate-group" in request.headers) && !("impersonate-uid" in request.headers)) return user;
  throw StatusError.badRequest("requested a group or uid to impersonate without impersonating a user");
}

/** Node joins repeated headers with commas, which may be part of a group's name. */
function headerValues(request: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    if (request.rawHeaders[at]?.toLowerCase() === name) values.push(request.rawHeaders[at + 1] ?? "");
  }
  return values;
}
