import { describe, expect, it } from "vitest";
import { allowedToAll, authorize } from "./authorization.ts";
import { parseRequestInfo } from "./http/request-info.ts";

const admin = { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };
const nobody = { name: "nobody", groups: ["system:authenticated"] };

describe("authorize", () => {
  it.each([
    ["GET", "/api/v1/namespaces/demo/secrets"],
    ["POST", "/apply"],
  ])("lets the administrator %s %s", (method, url) => {
    expect(() => authorize(admin, parseRequestInfo(method, url))).not.toThrow();
  });

  it.each([
    ["GET", "/api"],
    ["GET", "/apis/apps/v1"],
    ["GET", "/openapi/v3/api/v1"],
    ["GET", "/version"],
    ["GET", "/readyz"],
    ["POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"],
    ["POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews"],
  ])("lets everybody %s %s", (method, url) => {
    expect(() => authorize(nobody, parseRequestInfo(method, url))).not.toThrow();
  });

  it.each([
    [
      "GET",
      "/api/v1/namespaces/demo/secrets",
      'secrets is forbidden: User "nobody" cannot list resource "secrets" in API group "" in the namespace "demo"',
    ],
    [
      "PATCH",
      "/apis/apps/v1/namespaces/demo/deployments/web/scale",
      'deployments.apps "web" is forbidden: User "nobody" cannot patch resource "deployments/scale" in API group "apps" in the namespace "demo"',
    ],
    [
      "GET",
      "/api/v1/nodes",
      'nodes is forbidden: User "nobody" cannot list resource "nodes" in API group "" at the cluster scope',
    ],
    ["POST", "/apply", 'forbidden: User "nobody" cannot post path "/apply"'],
    ["GET", "/apisfoo", 'forbidden: User "nobody" cannot get path "/apisfoo"'],
  ])("refuses others %s %s", (method, url, message) => {
    expect(() => authorize(nobody, parseRequestInfo(method, url))).toThrow(
      expect.objectContaining({ code: 403, reason: "Forbidden", message }),
    );
  });
});

it.each([
  ["GET", "/healthz", true],
  ["GET", "/readyz/ping", true],
  ["GET", "/version", true],
  ["POST", "/version", false],
  ["GET", "/api", false],
  ["GET", "/api/v1/nodes", false],
])("%s %s without credentials: %j", (method, url, expected) => {
  expect(allowedToAll(parseRequestInfo(method, url))).toBe(expected);
});
