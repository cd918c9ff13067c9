import { describe, expect, it } from "vitest";
import type { Stored } from "../machinery/object.ts";
import type { Ingress } from "../machinery/types.ts";
import { findRoute, matchingPath, rewrittenTarget } from "./match.ts";
import { compileRoutes, type RoutingTable } from "./routes.ts";

type Paths = Record<string, string>;

/** @param paths `Exact /foo` or `/foo` (Prefix), with the Service's name. */
function ingress(
  name: string,
  host: string,
  paths: Paths,
  more: { age?: number; backend?: string; annotations?: Paths } = {},
) {
  const service = (to: string) => ({ service: { name: to, port: { number: 80 } } });
  const { age = 0, backend, annotations = {} } = more;
  const object = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace: "default",
      uid: name,
      resourceVersion: "1",
      creationTimestamp: new Date(Date.UTC(2026, 0, 1) - age * 1000).toISOString(),
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
      ),
    },
    spec: {
      ...(backend && { defaultBackend: service(backend) }),
      rules: [
        {
          ...(host && { host }),
          http: {
            paths: Object.entries(paths).map(([key, to]) => {
              const [first = "", second] = key.split(" ");
              return { path: second ?? first, pathType: second ? first : "Prefix", backend: service(to) };
            }),
          },
        },
      ],
    },
  };
  return object as Stored<Ingress>;
}

function tableOf(...ingresses: Stored<Ingress>[]): RoutingTable {
  return compileRoutes(ingresses, () => undefined).table;
}

const serviceFor = (table: RoutingTable, host: string, path: string): string | undefined =>
  findRoute(table, host, path)?.backend?.service.replace("default/", "");

/** The table of the documentation, section "Examples" of path types. */
describe("paths", () => {
  it.each<[paths: string[], asked: string, found: string | undefined]>([
    [["/"], "/any/path", "/"],
    [["Exact /foo"], "/foo", "Exact /foo"],
    [["Exact /foo"], "/bar", undefined],
    [["Exact /foo"], "/foo/", undefined],
    [["Exact /foo/"], "/foo", undefined],
    [["/foo"], "/foo", "/foo"],
    [["/foo"], "/foo/", "/foo"],
    [["/foo/"], "/foo", "/foo/"],
    [["/foo/"], "/foo/", "/foo/"],
    [["/aaa/bb"], "/aaa/bbb", undefined],
    [["/aaa/bbb"], "/aaa/bbb", "/aaa/bbb"],
    [["/aaa/bbb/"], "/aaa/bbb", "/aaa/bbb/"],
    [["/aaa/bbb"], "/aaa/bbb/", "/aaa/bbb"],
    [["/aaa/bbb"], "/aaa/bbb/ccc", "/aaa/bbb"],
    [["/aaa/bbb"], "/aaa/bbbxyz", undefined],
    [["/", "/aaa"], "/aaa/ccc", "/aaa"],
    [["/", "/aaa"], "/ccc", "/"],
    [["/", "/aaa", "/aaa/bbb"], "/aaa/bbb", "/aaa/bbb"],
    [["/aaa"], "/ccc", undefined],
    [["/foo", "Exact /foo"], "/foo", "Exact /foo"],
    [["/foo", "Exact /foo"], "/foo/x", "/foo"],
    [["ImplementationSpecific /foo"], "/foo/x", "ImplementationSpecific /foo"],
  ])("of %j, %s takes %s", (paths, asked, found) => {
    const names = Object.fromEntries(paths.map((path, index) => [path, `s${index}`]));
    const index = found === undefined ? -1 : paths.indexOf(found);
    expect(serviceFor(tableOf(ingress("x", "", names)), "a.b", asked)).toBe(index < 0 ? undefined : `s${index}`);
  });
});

/** The table of the documentation, section "Hostname wildcards". */
describe("hosts", () => {
  it.each<[rule: string, asked: string, found: boolean]>([
    ["*.foo.com", "bar.foo.com", true],
    ["*.foo.com", "baz.bar.foo.com", false],
    ["*.foo.com", "foo.com", false],
    ["foo.com", "foo.com", true],
    ["foo.com", "bar.foo.com", false],
    ["", "anything", true],
  ])("a rule for %j and %s", (rule, asked, found) => {
    expect(serviceFor(tableOf(ingress("x", rule, { "/": "s" })), asked, "/")).toBe(found ? "s" : undefined);
  });

  it("come in order: precise, wildcard, every", () => {
    const table = tableOf(
      ingress("a", "", { "/": "every", "/x": "every-x" }),
      ingress("b", "*.foo.com", { "/": "wildcard" }),
      ingress("c", "bar.foo.com", { "/y": "precise" }),
    );
    expect(serviceFor(table, "bar.foo.com", "/y")).toBe("precise");
    expect(serviceFor(table, "bar.foo.com", "/x")).toBe("wildcard");
    expect(serviceFor(table, "foo.com", "/x")).toBe("every-x");
  });
});

it("the older of two Ingresses has what both want", () => {
  const [young, old] = [
    ingress("a", "a.b", { "/": "young" }),
    ingress("b", "a.b", { "/": "old", "/x": "x" }, { age: 9 }),
  ];
  expect(serviceFor(tableOf(young, old), "a.b", "/")).toBe("old");
  expect(serviceFor(tableOf(young, old), "a.b", "/x")).toBe("x");
});

it("a default backend takes what no rule matches", () => {
  const table = tableOf(
    ingress("a", "a.b", { "/x": "x" }, { backend: "own" }),
    ingress("c", "c.d", { "/x": "x" }, { age: 9, backend: "older" }),
  );
  expect(serviceFor(table, "a.b", "/x")).toBe("x");
  expect(serviceFor(table, "a.b", "/y")).toBe("own");
  expect(serviceFor(table, "c.d", "/y")).toBe("older");
  expect(serviceFor(table, "e.f", "/")).toBe("older");
  expect(serviceFor(tableOf(ingress("a", "a.b", { "/x": "x" })), "e.f", "/")).toBeUndefined();
});

describe("regular expressions", () => {
  const annotations = { "use-regex": "true", "rewrite-target": "/$1" };
  const table = tableOf(
    ingress("a", "a.b", { "/api/v[0-9]+/(.*)": "api", "/api/v[0-9]+/users/(.*)": "users" }, { annotations }),
    ingress("b", "a.b", { "/": "web", "Exact /api/v1/exact": "exact" }),
  );
  it.each([
    ["/api/v12/x", "api"],
    ["/API/v1/x", "api"],
    ["/api/v1/users/7", "users"],
    ["/api/v1/exact", "exact"],
    ["/api/vx/", "web"],
    ["/x/api/v1/y", "web"],
  ])("%s leads to %s", (path, service) => {
    expect(serviceFor(table, "a.b", path)).toBe(service);
  });

  it("that are none are told and left out", () => {
    const { problems } = compileRoutes([ingress("a", "a.b", { "/(": "s" }, { annotations })], () => undefined);
    expect(problems).toMatchObject([{ reason: "InvalidPath" }]);
  });
});

it.each([
  ["/a/b", "/a/b"],
  ["/a//b", "/a/b"],
  ["/a/./b", "/a/b"],
  ["/a/../b", "/b"],
  ["/../../b", "/b"],
  ["/a/b/..", "/a/"],
  ["/a%2Fb", "/a/b"],
  ["/a/%2e%2e/b", "/b"],
  ["/caf%C3%A9/", "/café/"],
  ["/.well-known/x", "/.well-known/x"],
  ["//", "/"],
  ["/%ff", undefined],
  ["/%00", undefined],
  ["*", undefined],
])("the path of %s is %s", (target, path) => {
  expect(matchingPath(target)).toBe(path);
});

it.each([
  ["/app(/|$)(.*)", "/$2", "/app/x/y?q=1", "/x/y?q=1"],
  ["/app(/|$)(.*)", "/$2", "/app", "/"],
  ["/app(/|$)(.*)", "/new/$2", "/app/caf%C3%A9", "/new/caf%C3%A9"],
  ["/app/(.*)", "/x?via=app&to=$1", "/app/y?q=1", "/x?via=app&to=y&q=1"],
  ["/app/(.*)", "/$1", "/app/a%3Fb%23c", "/a%3Fb%23c"],
  ["/tea", "/", "/tea/green", "/"],
])("%s with %s makes of %s %s", (path, target, asked, sent) => {
  const table = tableOf(
    ingress("a", "", { [`ImplementationSpecific ${path}`]: "s" }, { annotations: { "rewrite-target": target } }),
  );
  const plain = matchingPath(asked.split("?")[0] ?? "") ?? "";
  const route = findRoute(table, "a.b", plain);
  expect(route && rewrittenTarget(route, asked, plain)).toBe(sent);
});
