/** Objects over HTTP: every verb, and every form an answer can have. */

import { get } from "node:http";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { startHttpServer, type TestHttpServer } from "../support/http-server.ts";

const path = "/api/v1/namespaces/default/configmaps";

async function create(server: TestHttpServer, name: string, data: Record<string, string> = {}) {
  const answer = await server.request("POST", path, { body: { metadata: { name }, data } });
  expect(answer.status).toBe(201);
  return answer.json as { metadata: { uid: string; resourceVersion: string } };
}

describe("verbs", () => {
  it("creates, reads, replaces, patches and deletes", async () => {
    await using server = await startHttpServer(kinds);
    const created = await create(server, "a", { x: "1" });
    expect((await server.request("GET", `${path}/a`)).json).toEqual(created);

    const replaced = await server.request("PUT", `${path}/a`, { body: { metadata: { name: "a" }, data: { x: "2" } } });
    expect(replaced).toMatchObject({ status: 200, json: { data: { x: "2" } } });

    const patches: [string, unknown, object][] = [
      ["application/merge-patch+json", { data: { y: "1" } }, { x: "2", y: "1" }],
      ["application/strategic-merge-patch+json", { data: { x: null } }, { y: "1" }],
      ["application/json-patch+json", [{ op: "add", path: "/data/z", value: "3" }], { y: "1", z: "3" }],
    ];
    for (const [type, body, data] of patches) {
      const patched = await server.request("PATCH", `${path}/a`, { body, headers: { "content-type": type } });
      expect(patched).toMatchObject({ status: 200 });
      expect(patched.json).toMatchObject({ data });
    }
    const applied = await server.request("PATCH", `${path}/b?fieldManager=me`, {
      body: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {on: 'yes'}\n",
      headers: { "content-type": "application/apply-patch+yaml" },
    });
    expect(applied).toMatchObject({ status: 201, json: { data: { true: "yes" } } });

    const gone = await server.request("DELETE", `${path}/a`);
    expect(gone.json).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "a", kind: "configmaps", uid: created.metadata.uid },
    });
    const collection = await server.request("DELETE", path);
    expect(collection.json).toMatchObject({ kind: "ConfigMapList", items: [{ metadata: { name: "b" } }] });
    expect((await server.request("GET", path)).json).toMatchObject({ items: [] });
  });

  it("takes the field manager from the User-Agent, and tells of warnings", async () => {
    await using server = await startHttpServer(kinds);
    const answer = await server.request("POST", path, {
      body: '{"metadata":{"name":"a"},"data":{"x":"1","x":"2"},"dat\\"ä":{}}',
      headers: { "user-agent": "kubectl/v1.33.0 (linux/amd64)" },
    });
    expect(answer.json).toMatchObject({ metadata: { managedFields: [{ manager: "kubectl" }] } });
    const warnings = Buffer.from(String(answer.headers.warning), "latin1").toString("utf8");
    expect(warnings).toContain('299 - "duplicate field \\"data.x\\""');
    expect(warnings).toContain('299 - "unknown field \\"dat\\\\\\"ä\\""');
  });

  it("changes nothing in a dry run", async () => {
    await using server = await startHttpServer(kinds);
    const answer = await server.request("POST", `${path}?dryRun=All`, { body: { metadata: { name: "a" } } });
    expect(answer.status).toBe(201);
    expect((await server.request("GET", `${path}/a`)).status).toBe(404);
  });

  it("serves subresources", async () => {
    await using server = await startHttpServer(kinds);
    const deployments = "/apis/apps/v1/namespaces/default/deployments";
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "x" }] } };
    const spec = { replicas: 2, selector: { matchLabels: { a: "b" } }, template };
    await server.request("POST", deployments, { body: { metadata: { name: "web" }, spec } });
    const scale = await server.request("GET", `${deployments}/web/scale`);
    expect(scale.json).toMatchObject({ kind: "Scale", apiVersion: "autoscaling/v1", spec: { replicas: 2 } });
    const scaled = await server.request("PATCH", `${deployments}/web/scale`, {
      body: { spec: { replicas: 0 } },
      headers: { "content-type": "application/merge-patch+json" },
    });
    expect(scaled).toMatchObject({ status: 200, json: { kind: "Scale" } });
    expect((await server.request("GET", `${deployments}/web`)).json).toMatchObject({ spec: { replicas: 0 } });
    expect((await server.request("DELETE", `${deployments}/web/scale`)).status).toBe(405);
    expect((await server.request("POST", `${deployments}/web/scale`, { body: {} })).status).toBe(405);
  });
});

describe("forms of the answer", () => {
  it("shows tables, metadata only, and YAML", async () => {
    await using server = await startHttpServer(kinds);
    await create(server, "a", { x: "1" });
    const ask = (where: string, accept: string) => server.request("GET", where, { headers: { accept } });

    const table = await ask(path, "application/json;as=Table;v=v1;g=meta.k8s.io");
    expect(table.json).toMatchObject({
      kind: "Table",
      columnDefinitions: [{ name: "Name" }, { name: "Data" }, { name: "Age" }],
      rows: [{ cells: ["a", expect.anything(), "0s"], object: { kind: "PartialObjectMetadata" } }],
    });
    const whole = await ask(`${path}/a?includeObject=Object`, "application/json;as=Table;v=v1;g=meta.k8s.io");
    expect(whole.json).toMatchObject({ rows: [{ object: { kind: "ConfigMap", data: { x: "1" } } }] });

    const list = await ask(path, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
    expect(list.json).toMatchObject({ kind: "PartialObjectMetadataList", items: [{ metadata: { name: "a" } }] });
    expect(JSON.stringify(list.json)).not.toContain('"data"');
    const one = await ask(`${path}/a`, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");
    expect(one.json).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "a" } });
    expect((await ask(path, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")).status).toBe(406);

    const yaml = await ask(`${path}/a`, "application/yaml");
    expect(yaml.headers["content-type"]).toBe("application/yaml");
    expect(yaml.text).toContain("kind: ConfigMap\napiVersion: v1\nmetadata:\n");
  });

  it("indents for people, and compresses what is large", async () => {
    await using server = await startHttpServer(kinds);
    await create(server, "a", { x: "1".repeat(200_000) });
    const pretty = await server.request("GET", path, { headers: { "user-agent": "curl/8.0" } });
    expect(pretty.text).toMatch(/^\{\n {2}"kind": "ConfigMapList",\n/);
    const plain = await server.request("GET", `${path}?pretty=false`, { headers: { "user-agent": "curl/8.0" } });
    expect(plain.text).toMatch(/^\{"kind":"ConfigMapList",/);
    const compressed = await new Promise<Buffer>((resolve, reject) => {
      const options = { socketPath: server.socket, path, headers: { "accept-encoding": "gzip" } };
      get(options, (response) => {
        expect(response.headers["content-encoding"]).toBe("gzip");
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => resolve(Buffer.concat(chunks)));
      }).on("error", reject);
    });
    expect(compressed.length).toBeLessThan(10_000);
    expect(gunzipSync(compressed).toString()).toBe(plain.text);
  });

  it("pages through lists", async () => {
    await using server = await startHttpServer(kinds);
    for (const name of ["a", "b", "c"]) await create(server, name);
    const first = await server.request("GET", `${path}?limit=2`);
    expect(first.json).toMatchObject({ metadata: { remainingItemCount: 1 }, items: [{}, {}] });
    const { metadata } = first.json as { metadata: { continue: string } };
    const second = await server.request("GET", `${path}?limit=2&continue=${encodeURIComponent(metadata.continue)}`);
    expect(second.json).toMatchObject({ items: [{ metadata: { name: "c" } }] });
  });
});
