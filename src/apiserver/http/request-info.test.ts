import { describe, expect, it } from "vitest";
import { isSet, parseRequestInfo } from "./request-info.ts";

const resources: [string, string, Record<string, string>][] = [
  ["GET", "/api/v1/pods", { verb: "list", resource: "pods" }],
  ["GET", "/api/v1/pods?watch=1", { verb: "watch", resource: "pods" }],
  ["GET", "/api/v1/pods?watch=false", { verb: "list", resource: "pods" }],
  ["GET", "/api/v1/watch/pods", { verb: "watch", resource: "pods" }],
  ["GET", "/api/v1/watch/namespaces/x/pods/y", { verb: "watch", namespace: "x", resource: "pods", name: "y" }],
  ["GET", "/api/v1/namespaces", { verb: "list", resource: "namespaces" }],
  ["GET", "/api/v1/namespaces/x", { verb: "get", resource: "namespaces", name: "x" }],
  [
    "PUT",
    "/api/v1/namespaces/x/finalize",
    { verb: "update", resource: "namespaces", name: "x", subresource: "finalize" },
  ],
  ["PATCH", "/api/v1/namespaces/x/status", { verb: "patch", resource: "namespaces", name: "x", subresource: "status" }],
  ["POST", "/api/v1/namespaces/x/pods", { verb: "create", namespace: "x", resource: "pods" }],
  ["DELETE", "/api/v1/namespaces/x/pods", { verb: "deletecollection", namespace: "x", resource: "pods" }],
  ["DELETE", "/api/v1/namespaces/x/pods/y", { verb: "delete", namespace: "x", resource: "pods", name: "y" }],
  ["GET", "/api/v1/namespaces/x/pods/y?watch=1", { verb: "get", namespace: "x", resource: "pods", name: "y" }],
  [
    "GET",
    "/api/v1/namespaces/x/pods/y/log?follow=true",
    { verb: "get", namespace: "x", resource: "pods", name: "y", subresource: "log" },
  ],
  [
    "GET",
    "/api/v1/namespaces/x/services/web:80/proxy/a/b",
    { verb: "get", namespace: "x", resource: "services", name: "web:80", subresource: "proxy" },
  ],
  ["GET", "/api/v1/nodes/n%2Fm", { verb: "get", resource: "nodes", name: "n/m" }],
  [
    "PUT",
    "/apis/apps/v1/namespaces/x/deployments/y/scale",
    { verb: "update", group: "apps", namespace: "x", resource: "deployments", name: "y", subresource: "scale" },
  ],
];

describe("parseRequestInfo", () => {
  it.each(resources)("%s %s", (method, url, expected) => {
    const { query, path, ...rest } = parseRequestInfo(method, url);
    expect(path).toBe(url.split("?")[0]);
    expect(query).toBeInstanceOf(URLSearchParams);
    expect(rest).toEqual({ isResource: true, group: "", version: "v1", ...expected });
  });

  it.each([
    "/",
    "/api",
    "/api/v1",
    "/apis",
    "/apis/apps",
    "/apis/apps/v1",
    "/apis/apps/v1/",
    "/healthz",
    "/openapi/v2",
  ])("%s is no resource", (path) => {
    expect(parseRequestInfo("GET", path)).toMatchObject({ isResource: false, path, verb: "get" });
  });

  it("refuses broken percent-encoding", () => {
    expect(() => parseRequestInfo("GET", "/api/v1/pods/%zz")).toThrow(URIError);
  });
});

describe("isSet", () => {
  it.each([
    [null, false],
    ["0", false],
    ["False", false],
    ["", true],
    ["1", true],
    ["true", true],
  ])("%j is %j", (text, expected) => {
    expect(isSet(text)).toBe(expected);
  });
});
