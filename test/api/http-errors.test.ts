/** Requests that are wrong, each with the status and the words that a cluster answers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { type RequestOptions, startHttpServer, type TestHttpServer } from "../support/http-server.ts";

let server: TestHttpServer;
const configMaps = "/api/v1/namespaces/demo/configmaps";

beforeAll(async () => {
  server = await startHttpServer(kinds, { namespaces: ["default", "kube-system", "demo"] });
  await server.request("POST", configMaps, { body: { metadata: { name: "cm" }, data: { a: "1" } } });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Case {
  what: string;
  request: [method: string, path: string, options?: RequestOptions];
  code: number;
  reason?: string;
  message: string;
  details?: object;
}

const cases: Case[] = [
  {
    what: "malformed JSON",
    request: ["POST", configMaps, { body: '{"metadata":' }],
    code: 400,
    reason: "BadRequest",
    message: `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({"metadata":)`,
  },
  {
    what: "an empty body",
    request: ["POST", configMaps, { body: "" }],
    code: 400,
    reason: "BadRequest",
    message: `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
  },
  {
    what: "another media type",
    request: ["POST", configMaps, { body: "x=1", headers: { "content-type": "application/x-www-form-urlencoded" } }],
    code: 415,
    reason: "UnsupportedMediaType",
    message:
      "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  },
  {
    what: "an unknown type of patch",
    request: ["PATCH", `${configMaps}/cm`, { body: "{}", headers: { "content-type": "application/foo" } }],
    code: 415,
    reason: "UnsupportedMediaType",
    message: "415: Unsupported Media Type",
    details: {},
  },
  {
    what: "an answer that cannot be given",
    request: ["GET", configMaps, { headers: { accept: "text/plain" } }],
    code: 406,
    reason: "NotAcceptable",
    message: "406: Not Acceptable",
    details: {},
  },
  {
    what: "POST to an object",
    request: ["POST", `${configMaps}/cm`, { body: {} }],
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    details: {},
  },
  {
    what: "PUT to a collection",
    request: ["PUT", configMaps, { body: {} }],
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    details: {},
  },
  {
    what: "creating without a namespace",
    request: ["POST", "/api/v1/configmaps", { body: {} }],
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    details: {},
  },
  {
    what: "listing what can only be created",
    request: ["GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"],
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    details: {},
  },
  {
    what: "an unknown resource",
    request: ["GET", "/api/v1/namespaces/demo/widgets"],
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
    details: {},
  },
  {
    what: "an unknown subresource",
    request: ["GET", `${configMaps}/cm/scale`],
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
    details: {},
  },
  {
    what: "a cluster's object in a namespace",
    request: ["GET", "/api/v1/namespaces/demo/nodes/n"],
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
    details: {},
  },
  {
    what: "no such object",
    request: ["GET", "/apis/apps/v1/namespaces/demo/deployments/nope"],
    code: 404,
    reason: "NotFound",
    message: 'deployments.apps "nope" not found',
    details: { name: "nope", group: "apps", kind: "deployments" },
  },
  {
    what: "no such namespace",
    request: ["POST", "/api/v1/namespaces/nope/configmaps", { body: { metadata: { name: "x" } } }],
    code: 404,
    reason: "NotFound",
    message: 'namespaces "nope" not found',
    details: { name: "nope", kind: "namespaces" },
  },
  {
    what: "an object that exists",
    request: ["POST", configMaps, { body: { metadata: { name: "cm" } } }],
    code: 409,
    reason: "AlreadyExists",
    message: 'configmaps "cm" already exists',
    details: { name: "cm", kind: "configmaps" },
  },
  {
    what: "another namespace in the body",
    request: ["POST", configMaps, { body: { metadata: { name: "x1", namespace: "other" } } }],
    code: 400,
    reason: "BadRequest",
    message: "the namespace of the provided object does not match the namespace sent on the request",
  },
  {
    what: "another name in the body",
    request: ["PUT", `${configMaps}/cm`, { body: { metadata: { name: "zz" } } }],
    code: 400,
    reason: "BadRequest",
    message: "the name of the object (zz) does not match the name on the URL (cm)",
  },
  {
    what: "a stale resourceVersion",
    request: ["PUT", `${configMaps}/cm`, { body: { metadata: { name: "cm", resourceVersion: "1" } } }],
    code: 409,
    reason: "Conflict",
    message:
      'Operation cannot be fulfilled on configmaps "cm": the object has been modified; please apply your changes to the latest version and try again',
    details: { name: "cm", kind: "configmaps" },
  },
  {
    what: "a label selector that cannot be read",
    request: ["GET", "/api/v1/namespaces/demo/pods?labelSelector=a%20in%20(b"],
    code: 400,
    reason: "BadRequest",
    message: "unable to parse requirement: found '', expected: ',' or ')'",
  },
  {
    what: "a field that nobody selects by",
    request: ["GET", "/api/v1/namespaces/demo/pods?fieldSelector=spec.foo%3Dbar"],
    code: 400,
    reason: "BadRequest",
    message: "field label not supported: spec.foo",
  },
  {
    what: "a limit that is no number",
    request: ["GET", "/api/v1/namespaces/demo/pods?limit=abc"],
    code: 400,
    reason: "BadRequest",
    message: 'strconv.ParseInt: parsing "abc": invalid syntax',
  },
  {
    what: "a watch from no revision",
    request: ["GET", "/api/v1/namespaces/demo/pods?watch=1&resourceVersion=abc"],
    code: 500,
    message: 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  },
  {
    what: "server-side apply by nobody",
    request: [
      "PATCH",
      `${configMaps}/cm`,
      {
        body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "cm" } },
        headers: { "content-type": "application/apply-patch+yaml" },
      },
    ],
    code: 422,
    reason: "Invalid",
    message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    details: {
      group: "meta.k8s.io",
      kind: "PatchOptions",
      causes: [
        { reason: "FieldValueRequired", message: "Required value: is required for apply patch", field: "fieldManager" },
      ],
    },
  },
  {
    what: "a precondition that does not hold",
    request: ["DELETE", `${configMaps}/cm`, { body: { preconditions: { resourceVersion: "1" } } }],
    code: 409,
    reason: "Conflict",
    message: expect.stringMatching(
      /^Operation cannot be fulfilled on ConfigMap "cm": the ResourceVersion in the precondition \(1\) does not match/,
    ) as string,
    details: { name: "cm", kind: "ConfigMap" },
  },
  {
    what: "deleting kube-system",
    request: ["DELETE", "/api/v1/namespaces/kube-system"],
    code: 403,
    reason: "Forbidden",
    message: 'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    details: { name: "kube-system", kind: "namespaces" },
  },
  {
    what: "a field written twice, strictly",
    request: [
      "POST",
      `${configMaps}?fieldValidation=Strict`,
      { body: '{"metadata":{"name":"x1"},"data":{"a":"1","a":"2"}}' },
    ],
    code: 400,
    reason: "BadRequest",
    message:
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a"',
  },
  {
    what: "a broken path",
    request: ["GET", "/api/v1/namespaces/%zz"],
    code: 400,
    reason: "BadRequest",
    message: expect.stringContaining("/api/v1/namespaces/%zz") as string,
  },
  {
    what: "somebody else's secrets",
    request: ["GET", "/api/v1/namespaces/demo/secrets", { headers: { "impersonate-user": "nobody" } }],
    code: 403,
    reason: "Forbidden",
    message:
      'secrets is forbidden: User "nobody" cannot list resource "secrets" in API group "" in the namespace "demo"',
    details: { kind: "secrets" },
  },
  {
    what: "a wrong token",
    request: ["GET", "/api/v1/pods", { headers: { authorization: "Bearer wrong" }, as: "nobody" }],
    code: 401,
    reason: "Unauthorized",
    message: "Unauthorized",
  },
];

describe("wrong requests", () => {
  it.each(cases)("$what", async ({ request, code, reason, message, details }) => {
    const answer = await server.request(...request);
    expect(answer.json).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason && { reason }),
      ...(details && { details }),
      code,
    });
    expect(answer.status).toBe(code);
    expect(answer.headers["content-type"]).toBe("application/json");
  });

  it("answers an unknown group as Kubernetes' mux does, and an unknown path with the known ones", async () => {
    const group = await server.request("GET", "/apis/nope.io/v1/things");
    expect([group.status, group.text]).toEqual([404, "404 page not found\n"]);
    const path = await server.request("GET", "/nope");
    expect(path.status).toBe(404);
    expect(path.json).toEqual({ paths: expect.arrayContaining(["/api/v1", "/apis/apps/v1", "/healthz", "/version"]) });
  });

  it("refuses a body of 4 MB, and serves on", async () => {
    const body = JSON.stringify({ metadata: { name: "big" }, data: { v: "x".repeat(4 * 1024 * 1024) } });
    for (const as of ["socket", "certificate"] as const) {
      const answer = await server.request("POST", configMaps, { body, as });
      expect(answer.status).toBe(413);
      expect(answer.json).toMatchObject({
        reason: "RequestEntityTooLarge",
        message: "Request entity too large: limit is 3145728",
      });
    }
    expect((await server.request("GET", `${configMaps}/big`)).status).toBe(404);
  });
});
