/** What the API says about itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { startHttpServer, type TestHttpServer } from "../support/http-server.ts";

let server: TestHttpServer;
let problem: string | undefined;
beforeAll(async () => {
  server = await startHttpServer(kinds, { health: [{ name: "node", problem: () => problem }] });
});
afterAll(() => server[Symbol.asyncDispose]());

async function get(path: string, accept = "application/json") {
  return server.request("GET", path, { headers: { accept } });
}

interface Resource {
  name: string;
  [field: string]: unknown;
}

describe("discovery", () => {
  it("lists versions, groups and resources", async () => {
    expect((await get("/api")).json).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    const groups = (await get("/apis")).json as { groups: { name: string }[] };
    expect(groups.groups.map(({ name }) => name)).toEqual(expect.arrayContaining(["apps", "discovery.k8s.io"]));
    expect((await get("/apis/apps")).json).toEqual({
      kind: "APIGroup",
      apiVersion: "v1",
      name: "apps",
      versions: [{ groupVersion: "apps/v1", version: "v1" }],
      preferredVersion: { groupVersion: "apps/v1", version: "v1" },
    });
    expect((await get("/apis/apps/v2")).text).toBe("404 page not found\n");
  });

  it("describes each resource and its parts", async () => {
    const { resources } = (await get("/apis/apps/v1")).json as { resources: Resource[] };
    const named = (name: string) => resources.find((resource) => resource.name === name);
    expect(named("deployments")).toEqual({
      name: "deployments",
      singularName: "deployment",
      namespaced: true,
      kind: "Deployment",
      verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
      shortNames: ["deploy"],
      categories: ["all"],
    });
    expect(named("deployments/scale")).toEqual({
      name: "deployments/scale",
      singularName: "",
      namespaced: true,
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      verbs: ["get", "patch", "update"],
    });
    expect(named("deployments/status")).toMatchObject({ kind: "Deployment", verbs: ["get", "patch", "update"] });
    const core = (await get("/api/v1")).json as { resources: Resource[] };
    expect(core.resources.find(({ name }) => name === "pods/exec")).toMatchObject({
      kind: "PodExecOptions",
      verbs: ["create", "get"],
    });
    expect(core.resources.find(({ name }) => name === "pods/eviction")).toMatchObject({
      group: "policy",
      version: "v1",
      kind: "Eviction",
      verbs: ["create"],
    });
  });

  it.each(["v2", "v2beta1"])("tells all at once in %s", async (version) => {
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    const answer = await get("/apis", `${type},application/json`);
    expect(answer.headers["content-type"]).toBe(type);
    expect(answer.json).toMatchObject({
      kind: "APIGroupDiscoveryList",
      apiVersion: `apidiscovery.k8s.io/${version}`,
      items: expect.arrayContaining([
        expect.objectContaining({
          metadata: { name: "apps", creationTimestamp: null },
          versions: [expect.objectContaining({ version: "v1", freshness: "Current" })],
        }),
      ]),
    });
    const core = (await get("/api", type)).json as { items: object[] };
    expect(core.items).toHaveLength(1);
  });

  it("tells its version", async () => {
    expect((await get("/version")).json).toMatchObject({ major: "1", minor: "33", gitVersion: "v1.33.0+skiff" });
  });
});

describe("OpenAPI", () => {
  it("has a document per group and version, found by its hash", async () => {
    const { paths } = (await get("/openapi/v3")).json as { paths: Record<string, { serverRelativeURL: string }> };
    const url = paths["apis/apps/v1"]?.serverRelativeURL ?? "";
    expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/);
    const answer = await get(url);
    expect(answer.headers["cache-control"]).toBe("public, immutable");
    const document = answer.json as {
      paths: Record<string, Record<string, { parameters: { name: string }[] }>>;
      components: { schemas: Record<string, Record<string, unknown>> };
    };
    const deployment = { group: "apps", version: "v1", kind: "Deployment" };
    const patch = document.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?.["patch"];
    expect(patch).toMatchObject({ "x-kubernetes-group-version-kind": deployment, "x-kubernetes-action": "patch" });
    expect(patch?.parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(["dryRun", "fieldValidation"]));
    const { schemas } = document.components;
    expect(schemas["io.k8s.api.apps.v1.Deployment"]).toMatchObject({
      type: "object",
      "x-kubernetes-group-version-kind": [deployment],
      properties: {
        metadata: { allOf: [{ $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" }] },
      },
    });
    expect(schemas["io.k8s.api.core.v1.PodSpec"]).toMatchObject({
      properties: { containers: { "x-kubernetes-patch-merge-key": "name", "x-kubernetes-list-type": "map" } },
    });
    const again = await server.request("GET", url, { headers: { "if-none-match": String(answer.headers.etag) } });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  it("refers to nothing that is not there", async () => {
    const { paths } = (await get("/openapi/v3")).json as { paths: Record<string, { serverRelativeURL: string }> };
    const texts = await Promise.all(
      ["/openapi/v2", ...Object.values(paths).map(({ serverRelativeURL }) => serverRelativeURL)].map((url) => get(url)),
    );
    expect(texts.length).toBeGreaterThan(3);
    for (const { json, text } of texts) {
      const document = json as { definitions?: object; components?: { schemas: object } };
      const defined = new Set(Object.keys(document.definitions ?? document.components?.schemas ?? {}));
      const wanted = [...text.matchAll(/"\$ref":"#\/(?:definitions|components\/schemas)\/([^"]+)"/g)].map(
        ([, name]) => name,
      );
      expect(wanted.length).toBeGreaterThan(0);
      expect(wanted.filter((name) => !defined.has(name ?? ""))).toEqual([]);
    }
  });

  it("speaks protobuf to clients that know no other form", async () => {
    const answer = await get("/openapi/v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
    expect(answer.headers["content-type"]).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    expect(answer.text.startsWith("\n\u00032.0")).toBe(true);
    expect((await get("/openapi/v2", "text/html")).status).toBe(406);
  });
});

describe("health", () => {
  it("is ok, or names what is not", async () => {
    expect((await get("/readyz")).text).toBe("ok");
    expect((await get("/readyz?verbose")).text).toBe("[+]ping ok\n[+]node ok\nreadyz check passed\n");
    problem = "not ready yet";
    const answer = await get("/readyz");
    expect([answer.status, answer.text]).toEqual([
      500,
      "[+]ping ok\n[-]node failed: not ready yet\nreadyz check failed\n",
    ]);
    expect((await get("/readyz?exclude=node")).text).toBe("ok");
    expect((await get("/livez/ping")).text).toBe("ok");
    expect((await get("/livez/node")).status).toBe(500);
    expect((await get("/livez/nope")).status).toBe(404);
    problem = undefined;
  });
});
