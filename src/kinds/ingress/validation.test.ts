import { describe, expect, it } from "vitest";
import { createErrors, updateErrors } from "../../../test/support/kinds.ts";
import { ingressClass } from "../ingress-class/index.ts";
import { ingress } from "./index.ts";

const service = { name: "web", port: { number: 80 } };
const backend = { service };
const withPath = (path: object) => ({
  rules: [{ http: { paths: [{ pathType: "Prefix", path: "/", backend, ...path }] } }],
});
const withBackend = (given: object) => withPath({ backend: given });
const path0 = "spec.rules[0].http.paths[0]";

describe("an Ingress is refused", () => {
  it.each<[what: string, spec: object, errors: string[]]>([
    [
      "without rules and backend",
      {},
      ["spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"],
    ],
    [
      "for an address",
      { rules: [{ host: "10.0.0.1" }] },
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [
      "for a star in the middle",
      { rules: [{ host: "foo.*.com" }] },
      [
        "spec.rules[0].host: Invalid value: \"foo.*.com\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ],
    ],
    ["without paths", { rules: [{ http: { paths: [] } }] }, ["spec.rules[0].http.paths: Required value"]],
    [
      "without a type of path",
      { rules: [{ http: { paths: [{ path: "/", backend }] } }] },
      [`${path0}.pathType: Required value: pathType must be specified`],
    ],
    [
      "with an unknown type of path",
      withPath({ pathType: "Regex" }),
      [`${path0}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    [
      "with a relative path",
      withPath({ path: "tea" }),
      [`${path0}.path: Invalid value: "tea": must be an absolute path`],
    ],
    [
      "with a path that is not in its simplest form",
      withPath({ path: "/a//b/.." }),
      [
        `${path0}.path: Invalid value: "/a//b/..": must not contain '//'`,
        `${path0}.path: Invalid value: "/a//b/..": cannot end with '/..'`,
      ],
    ],
    [
      "with an empty backend",
      withBackend({}),
      [`${path0}.backend: Invalid value: "": resource or service backend is required`],
    ],
    [
      "without a port",
      withBackend({ service: { name: "web" } }),
      [`${path0}.backend: Required value: port name or number is required`],
    ],
    [
      "with two ports",
      withBackend({ service: { name: "web", port: { name: "http", number: 80 } } }),
      [`${path0}.backend: Invalid value: "": cannot set both port name & port number`],
    ],
    [
      "with a port out of range and no name",
      withBackend({ service: { name: "", port: { number: 70000 } } }),
      [
        `${path0}.backend.service.name: Required value`,
        `${path0}.backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive`,
      ],
    ],
    [
      "with two kinds of backend",
      withBackend({ service, resource: { kind: "Bucket", name: "x" } }),
      [`${path0}.backend: Invalid value: "": cannot set both resource and service backends`],
    ],
    [
      "with half a resource",
      { defaultBackend: { resource: { kind: "Bucket", name: "" } } },
      ["spec.defaultBackend.resource.name: Required value: name is required"],
    ],
  ])("%s", (_, spec, errors) => {
    expect(createErrors(ingress, { metadata: { name: "x" }, spec } as object)).toEqual(errors);
  });
});

it.each<[what: string, spec: object]>([
  ["exact and wildcard hosts", { rules: [{ host: "a.b" }, { host: "*.a.b" }] }],
  ["a path of its own kind", withPath({ pathType: "ImplementationSpecific", path: "/a(/|$)(.*)" })],
  ["no path at all", withPath({ pathType: "ImplementationSpecific", path: "" })],
  ["a default backend", { defaultBackend: { service: { name: "web", port: { name: "http" } } } }],
])("an Ingress may have %s", (_, spec) => {
  expect(createErrors(ingress, { metadata: { name: "x" }, spec } as object)).toEqual([]);
});

describe("an IngressClass is refused", () => {
  const classOf = (spec: object) => ({ metadata: { name: "x" }, spec });
  it.each<[what: string, spec: object, errors: string[]]>([
    ["without controller", {}, ["spec.controller: Required value"]],
    [
      "with a controller that has no domain",
      { controller: "foo" },
      ['spec.controller: Invalid value: "foo": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      "with parameters in no namespace",
      { controller: "a.b/c", parameters: { kind: "K", name: "n", scope: "Namespace" } },
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
  ])("%s", (_, spec, errors) => {
    expect(createErrors(ingressClass, classOf(spec))).toEqual(errors);
  });

  it("with another controller than it had", () => {
    expect(updateErrors(ingressClass, classOf({ controller: "a.b/c" }), classOf({ controller: "a.b/d" }))).toEqual([
      'spec.controller: Invalid value: "a.b/d": field is immutable',
    ]);
  });
});
