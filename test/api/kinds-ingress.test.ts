/** Ingresses and their classes, through the whole server and in every version. */
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { ingressClasses, ingresses } from "../../src/machinery/resource.ts";
import type { Ingress } from "../../src/machinery/types.ts";
import { startApi, type TestApi } from "../support/api.ts";
import { startHttpServer } from "../support/http-server.ts";

const rules = [
  {
    host: "cafe.example.com",
    http: {
      paths: [{ path: "/tea", pathType: "Prefix", backend: { service: { name: "tea", port: { number: 80 } } } }],
    },
  },
];
const old = (group: string) => `/apis/${group}/v1beta1/namespaces/default/ingresses`;
const now = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";

describe("Ingresses of old versions", () => {
  const spec = {
    backend: { serviceName: "web", servicePort: "http" },
    rules: [
      { host: "a.b", http: { paths: [{ path: "/tea", backend: { serviceName: "tea", servicePort: 80 } }] } },
      { http: { paths: [{ pathType: "Exact", path: "/c", backend: { serviceName: "c", servicePort: "80-a" } }] } },
    ],
    tls: [{ hosts: ["a.b"], secretName: "s" }],
    ingressClassName: "skiff",
  };

  it.each([
    ["networking.k8s.io", "v1.19"],
    ["extensions", "v1.14"],
  ])("of %s are converted, kept and shown as they were, with a warning", async (group, since) => {
    await using server = await startHttpServer(kinds);
    await server.request("POST", "/apis/networking.k8s.io/v1/ingressclasses", {
      body: { metadata: { name: "skiff" }, spec: { controller: "skiff.dev/ingress" } },
    });
    const created = await server.request("POST", old(group), { body: { metadata: { name: "x" }, spec } });
    expect(created.status).toBe(201);
    expect(created.headers.warning).toBe(
      `299 - "${group}/v1beta1 Ingress is deprecated in ${since}+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress"`,
    );
    const withDefault = structuredClone(spec) as { rules: { http: { paths: object[] } }[] };
    withDefault.rules[0]?.http.paths.forEach((path) => Object.assign(path, { pathType: "ImplementationSpecific" }));
    expect(created.json).toMatchObject({ apiVersion: `${group}/v1beta1`, kind: "Ingress", spec: withDefault });
    const shown = await server.request("GET", `${now}/x`);
    expect(shown.headers).not.toHaveProperty("warning");
    expect(shown.json).toMatchObject({
      apiVersion: "networking.k8s.io/v1",
      metadata: { generation: 1 },
      spec: {
        defaultBackend: { service: { name: "web", port: { name: "http" } } },
        rules: [
          {
            host: "a.b",
            http: {
              paths: [
                {
                  path: "/tea",
                  pathType: "ImplementationSpecific",
                  backend: { service: { name: "tea", port: { number: 80 } } },
                },
              ],
            },
          },
          { http: { paths: [{ pathType: "Exact", backend: { service: { name: "c", port: { name: "80-a" } } } }] } },
        ],
        tls: spec.tls,
      },
      status: { loadBalancer: {} },
    });
    const patched = await server.request("PATCH", `${old(group)}/x`, {
      body: { spec: { backend: { servicePort: 81 } } },
      headers: { "content-type": "application/strategic-merge-patch+json" },
    });
    expect(patched).toMatchObject({
      status: 200,
      json: { spec: { backend: { serviceName: "web", servicePort: 81 } } },
    });
    expect((await server.request("GET", old(group))).json).toMatchObject({
      kind: "IngressList",
      items: [{ metadata: { name: "x", generation: 2 } }],
    });
  });

  it.each<[what: string, spec: object, old: string, now: string, nowSpec: object]>([
    [
      "an empty one",
      {},
      "spec: Invalid value: []: either `backend` or `rules` must be specified",
      "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified",
      {},
    ],
    [
      "a default backend without a Service",
      { backend: {} },
      'spec.backend: Invalid value: "": resource or service backend is required',
      'spec.defaultBackend: Invalid value: "": resource or service backend is required',
      { defaultBackend: {} },
    ],
    [
      "a port out of range",
      { backend: { serviceName: "web", servicePort: 70_000 } },
      "spec.backend.servicePort: Invalid value: 70000: must be between 1 and 65535, inclusive",
      "spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive",
      { defaultBackend: { service: { name: "web", port: { number: 70_000 } } } },
    ],
    [
      "a path without a Service's name",
      { rules: [{ http: { paths: [{ backend: { servicePort: 80 } }] } }] },
      "spec.rules[0].http.paths[0].backend.serviceName: Required value",
      "spec.rules[0].http.paths[0].backend.service.name: Required value",
      {
        rules: [
          {
            http: {
              paths: [{ pathType: "ImplementationSpecific", backend: { service: { name: "", port: { number: 80 } } } }],
            },
          },
        ],
      },
    ],
    [
      "a port's name that is none",
      { rules: [{ http: { paths: [{ backend: { serviceName: "web", servicePort: "a_b" } }] } }] },
      'spec.rules[0].http.paths[0].backend.servicePort: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'spec.rules[0].http.paths[0].backend.service.port.name: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      {
        rules: [
          {
            http: {
              paths: [
                { pathType: "ImplementationSpecific", backend: { service: { name: "web", port: { name: "a_b" } } } },
              ],
            },
          },
        ],
      },
    ],
  ])("refuse %s by the names of their own fields", async (_, oldSpec, refusal, refusalNow, nowSpec) => {
    await using server = await startHttpServer(kinds);
    const refused = async (path: string, body: object) => {
      const { status, json } = await server.request("POST", path, { body: { metadata: { name: "x" }, spec: body } });
      const { message, details } = json as { message: string; details: { causes: { field: string }[] } };
      return [status, message, details.causes.map(({ field }) => field)];
    };
    const of = (error: string, group: string) => {
      const [field] = error.split(": ");
      return [422, `Ingress.${group} "x" is invalid: ${error}`, [field]];
    };
    for (const group of ["extensions", "networking.k8s.io"]) {
      expect(await refused(old(group), oldSpec)).toEqual(of(refusal, group));
    }
    expect(await refused(now, nowSpec)).toEqual(of(refusalNow, "networking.k8s.io"));
  });

  it("are refused and warned about by the names of their own fields when they change, too", async () => {
    await using server = await startHttpServer(kinds);
    const resource = { apiGroup: "example.com", kind: "Bucket", name: "b" };
    const path = `${old("extensions")}/x`;
    const created = await server.request("POST", old("extensions"), {
      body: { metadata: { name: "x" }, spec: { backend: { resource }, ingressClassName: "skiff" } },
    });
    expect(created.headers.warning).toContain('"spec.backend.resource: stored, but not honoured by Skiff yet"');
    const patched = await server.request("PATCH", path, {
      body: { spec: { backend: { serviceName: "web", servicePort: 80 } } },
      headers: { "content-type": "application/merge-patch+json" },
    });
    expect(patched).toMatchObject({
      status: 422,
      json: { details: { causes: [{ field: "spec.backend", message: expect.stringContaining("cannot set both") }] } },
    });
  });

  it("are found by kubectl in the newest version first", async () => {
    await using server = await startHttpServer(kinds);
    const { groups } = (await server.request("GET", "/apis")).json as {
      groups: { name: string; versions: { version: string }[] }[];
    };
    const versionsOf = (name: string) =>
      groups.find((group) => group.name === name)?.versions.map(({ version }) => version);
    expect(versionsOf("networking.k8s.io")).toEqual(["v1", "v1beta1"]);
    expect(versionsOf("extensions")).toEqual(["v1beta1"]);
    const names = groups.map(({ name }) => name);
    expect(names.indexOf("networking.k8s.io")).toBeLessThan(names.indexOf("extensions"));
    expect((await server.request("GET", "/openapi/v3/apis/networking.k8s.io/v1beta1")).status).toBe(200);
  });
});

function ingress(name: string, spec: object = {}, annotations: Record<string, string> = {}): Ingress {
  return { metadata: { name, namespace: "default", annotations }, spec: { rules, ...spec } };
}

async function withClass(api: TestApi, name: string, isDefault = false): Promise<void> {
  const annotations = { "ingressclass.kubernetes.io/is-default-class": String(isDefault) };
  await api.client.create(ingressClasses, {
    metadata: { name, annotations },
    spec: { controller: "skiff.dev/ingress" },
  });
}

describe("the class of an Ingress", () => {
  it("is the default one where none is named, and stays", async () => {
    await using api = await startApi(kinds);
    await withClass(api, "other");
    await withClass(api, "main", true);
    expect((await api.client.create(ingresses, ingress("a"))).spec?.ingressClassName).toBe("main");
    expect((await api.client.create(ingresses, ingress("b", { ingressClassName: "other" }))).spec).toMatchObject({
      ingressClassName: "other",
    });
    const annotated = await api.client.create(ingresses, ingress("c", {}, { "kubernetes.io/ingress.class": "nginx" }));
    expect(annotated.spec).not.toHaveProperty("ingressClassName");
    expect(api.warnings).toEqual([
      `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
    ]);
    const cleared = await api.client.update(ingresses, ingress("a"));
    expect(cleared.spec).not.toHaveProperty("ingressClassName");
  });

  it("is told of where nobody serves it", async () => {
    await using api = await startApi(kinds);
    await api.client.create(ingresses, ingress("a"));
    await api.client.create(ingresses, ingress("b", { ingressClassName: "traefik" }));
    expect(api.warnings).toEqual([
      "spec.ingressClassName: none is given and no IngressClass is the default, so nothing serves this Ingress",
      'spec.ingressClassName: there is no IngressClass "traefik" yet, so nothing serves this Ingress',
    ]);
  });

  it("may not be two", async () => {
    await using api = await startApi(kinds);
    const two = ingress("a", { ingressClassName: "skiff" }, { "kubernetes.io/ingress.class": "nginx" });
    await expect(api.client.create(ingresses, two)).rejects.toThrow(
      'Ingress.networking.k8s.io "a" is invalid: annotations.kubernetes.io/ingress.class: Invalid value: "nginx": must match `ingressClassName` when both are specified',
    );
  });
});

it("an annotation or a backend that is not honoured is warned of", async () => {
  await using api = await startApi(kinds);
  await withClass(api, "skiff", true);
  const resource = { apiGroup: "k8s.example.com", kind: "StorageBucket", name: "static-assets" };
  const annotations = { "nginx.ingress.kubernetes.io/enable-cors": "true" };
  await api.client.create(ingresses, ingress("a", { defaultBackend: { resource } }, annotations));
  expect(api.warnings).toEqual([
    "spec.defaultBackend.resource: stored, but not honoured by Skiff yet",
    "metadata.annotations[nginx.ingress.kubernetes.io/enable-cors]: stored, but not honoured by Skiff",
  ]);
});

it("its status is the controller's", async () => {
  await using api = await startApi(kinds);
  await withClass(api, "skiff", true);
  const status = { loadBalancer: { ingress: [{ ip: "10.0.0.1" }] } };
  const created = await api.client.create(ingresses, { ...ingress("a"), status });
  expect(created.status).toEqual({ loadBalancer: {} });
  const written = await api.client.update(ingresses, { ...ingress("a"), status }, { subresource: "status" });
  expect(written).toMatchObject({ status, metadata: { generation: 1 } });
});
