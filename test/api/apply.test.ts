/** `POST /apply` on the real pipeline: what plain curl sends, and what the command line does. */
import { describe, expect, it } from "vitest";
import { applyRoute } from "../../src/apiserver/apply/route.ts";
import { kinds } from "../../src/kinds/index.ts";
import {
  type ApplyItem,
  type ApplyNote,
  type ApplyRequest,
  type ApplyResult,
  applyRequestType,
} from "../../src/machinery/apply-result.ts";
import { configMaps, deployments, namespaces, pods, serviceAccounts, services } from "../../src/machinery/resource.ts";
import { builtinSchemas } from "../../src/machinery/schema/builtin-schemas.ts";
import { startHttpServer, type TestHttpServer } from "../support/http-server.ts";

const start = () =>
  startHttpServer(kinds, {
    routes: ({ api }) => [applyRoute({ api, schemas: builtinSchemas, volumesDirectory: "/data/volumes" })],
  });

interface Applied {
  status: number;
  result: ApplyResult;
  /** `configmap/a created`, `3: …` with the line of what is wrong. */
  lines: string[];
}

function printed({ kind, name, result, message, file, line }: ApplyItem): string {
  if (result === "invalid") return `${file}:${line}: ${message}`;
  return `${kind}/${name} ${result}`;
}

async function post(server: TestHttpServer, body: unknown, type: string, query: string): Promise<Applied> {
  const answer = await server.request("POST", `/apply${query}`, { body, headers: { "content-type": type } });
  const result = answer.json as ApplyResult;
  expect(result, answer.text).toMatchObject({ kind: "ApplyResult" });
  return { status: answer.status, result, lines: result.items.map(printed) };
}

/** As `curl --data-binary @file`. */
const curl = (server: TestHttpServer, yaml: string, query = "") =>
  post(server, yaml, "application/x-www-form-urlencoded", query);

const skiff = (server: TestHttpServer, request: ApplyRequest, query = "") =>
  post(server, request, applyRequestType, query);

const places = (notes: readonly ApplyNote[]) => notes.map(({ file, line, path }) => `${file}:${line}: ${path}`);

const settings = (color: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  color: ${color}\n`;

const web = `# A comment before it.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx
          ports:
            - containerPort: 80
`;

const service = `apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
`;

describe("Kubernetes' documents", () => {
  it("are created, configured, left unchanged", async () => {
    await using server = await start();
    const first = await curl(server, `${settings("blue")}---\n${web}---\n${service}`);
    expect(first).toMatchObject({
      status: 200,
      lines: ["ConfigMap/settings created", "Deployment/web created", "Service/web created"],
      result: { notConverted: [], warnings: [], projects: [] },
    });
    expect(first.result.items[1]).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      namespace: "default",
      name: "web",
      result: "created",
      file: "-",
      line: 8,
    });
    const again = await curl(server, `${settings("green")}---\n${web}---\n${service}`);
    expect(again.lines).toEqual(["ConfigMap/settings configured", "Deployment/web unchanged", "Service/web unchanged"]);
    const map = server.api.client.get(configMaps, { namespace: "default", name: "settings" });
    expect(map).toMatchObject({
      data: { color: "green" },
      metadata: { managedFields: [{ manager: "skiff", operation: "Apply" }] },
    });
  });

  it("are read from a List, from JSON, and into the namespace asked for", async () => {
    await using server = await start();
    const list = {
      apiVersion: "v1",
      kind: "List",
      items: [one("a"), { ...one("b"), metadata: { name: "b", namespace: "kube-system" } }],
    };
    expect((await curl(server, JSON.stringify(list), "?namespace=kube-system")).lines).toEqual([
      "ConfigMap/a created",
      "ConfigMap/b created",
    ]);
    expect(server.api.client.list(configMaps, { namespace: "kube-system" })).toHaveLength(2);
  });

  it("may make their own namespace, and Pods in it", async () => {
    await using server = await start();
    const yaml = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop}
spec: {containers: [{name: c, image: busybox}]}
`;
    expect((await curl(server, yaml, "?dryRun=All")).lines).toEqual(["Namespace/shop created", "Pod/p created"]);
    expect(server.api.client.get(namespaces, { name: "shop" })).toBeUndefined();
    expect((await curl(server, yaml)).lines).toEqual(["Namespace/shop created", "Pod/p created"]);
    expect(server.api.client.get(pods, { namespace: "shop", name: "p" })?.spec?.serviceAccountName).toBe("default");
  });

  it("are all left alone when one of them is wrong, and every mistake is told with its line", async () => {
    await using server = await start();
    const yaml = `${settings("blue")}---
${web.replace("replicas: 2", "replicas: -2")}---
${service.replace("port: 80", "prot: 80")}---
apiVersion: apps/v1beta1
kind: Deployment
metadata: {name: old}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: Upper
---
kind: ConfigMap
---
- a list
---
apiVersion: v1
kind: ConfigMap
metadata:
  generateName: x-
---
apiVersion: v1
kind: ConfigMap
metadata: {name: doubled}
data:
  a: "1"
  a: "2"
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: text}
spec:
  replicas: three
---
apiVersion: v1
kind: Wombat
metadata: {name: w}
`;
    const { status, lines } = await curl(server, yaml);
    expect(status).toBe(422);
    expect(lines).toEqual([
      "-:42: expected an object with apiVersion and kind, found a list",
      "ConfigMap/settings skipped",
      '-:13: Deployment.apps "web" is invalid: spec.replicas: Invalid value: -2: must be greater than or equal to 0',
      '-:29: unknown field "spec.ports[0].prot"',
      '-:31: no matches for kind "Deployment" in version "apps/v1beta1"; it is served in apps/v1',
      expect.stringMatching(
        /^-:38: ConfigMap "Upper" is invalid: metadata.name: Invalid value: "Upper": a lowercase RFC 1123/,
      ),
      "-:40: Object 'apiVersion' is missing",
      "-:47: cannot use generateName with apply: give the object a name",
      '-:54: duplicate field "data.a"',
      expect.stringMatching(
        /^-:60: Deployment in version "v1" cannot be handled .* field DeploymentSpec.spec.replicas/,
      ),
      '-:63: no matches for kind "Wombat" in version "v1"',
    ]);
    expect(server.api.client.list(configMaps, { namespace: "default" })).toEqual([]);
  });

  it.each([
    ["a: b: c\n", "-:1: nested mappings are not allowed"],
    ["a: [1\nb: 2\n", "-:2: "],
    [
      "apiVersion: v1 kind: Pod metadata:",
      "-:1: nested mappings are not allowed in compact mappings (the whole text is one line; curl keeps",
    ],
    ["hello", "-:1: expected an object with apiVersion and kind, found a single value"],
  ])("%j is refused with its line", async (yaml, message) => {
    await using server = await start();
    const { status, lines } = await curl(server, yaml);
    expect([status, lines.length]).toEqual([422, 1]);
    expect(lines[0]).toContain(message);
  });

  it("that say the same object twice are refused", async () => {
    await using server = await start();
    expect((await curl(server, `${settings("blue")}---\n${settings("red")}`)).lines).toEqual([
      "ConfigMap/settings skipped",
      "-:7: the same object is described before, at -:1",
    ]);
  });

  it("cannot take the same NodePort, and neither Service is there afterwards", async () => {
    await using server = await start();
    const port = (name: string) =>
      service
        .replace("name: web", `name: ${name}`)
        .replace("{port: 80}", "{port: 80, nodePort: 30080}")
        .replace("spec:", "spec:\n  type: NodePort");
    const { lines } = await curl(server, `${port("a")}---\n${port("b")}`);
    expect(lines).toEqual([
      "Service/a skipped",
      '-:15: Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    ]);
    expect(server.api.client.list(services, { namespace: "default" })).toEqual([]);
  });

  it("that others have changed are a conflict, until forced", async () => {
    await using server = await start();
    await curl(server, web);
    const path = "/apis/apps/v1/namespaces/default/deployments/web";
    await server.request("PATCH", `${path}?fieldManager=kubectl-scale`, {
      body: { spec: { replicas: 3 } },
      headers: { "content-type": "application/merge-patch+json" },
    });
    const refused = await curl(server, web);
    expect(refused.lines).toEqual([
      expect.stringMatching(/^-:7: Apply failed with 1 conflict: conflict with "kubectl-scale".*: .spec.replicas$/),
    ]);
    expect((await curl(server, web, "?force=true")).lines).toEqual(["Deployment/web configured"]);
    expect(server.api.client.get(deployments, { namespace: "default", name: "web" })?.spec?.replicas).toBe(2);
  });

  it("with fields that are not honoured are warned of, with their line", async () => {
    await using server = await start();
    const yaml = `apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers: [{name: c, image: busybox}]
  hostUsers: false
`;
    await server.api.client.create(serviceAccounts, { metadata: { name: "default", namespace: "default" } });
    const { result } = await curl(server, yaml);
    expect(result.warnings).toEqual([
      { file: "-", line: 6, path: "spec.hostUsers", message: expect.stringContaining("not honoured") },
    ]);
  });
});

function one(name: string) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
}

describe("a Compose file", () => {
  const file = `services:
  web:
    image: nginx:\${TAG}
    ports: ["8080:80"]
    volumes: [./html:/html:ro]
    networks: [front]
  db:
    image: redis
    env_file: [db.env]
`;
  const request: ApplyRequest = {
    files: [{ name: "compose.yaml", text: file }],
    directory: "/home/me/shop",
    environment: { TAG: "1.27" },
    envFiles: { "db.env": "A=1\n" },
  };

  it("is applied as Deployments and Services of its project", async () => {
    await using server = await start();
    const { status, lines, result } = await skiff(server, request);
    expect([status, lines]).toEqual([
      200,
      ["Service/web created", "Deployment/web created", "Service/db created", "Deployment/db created"],
    ]);
    expect(result.projects).toEqual([
      {
        name: "shop",
        labelSelector: "app.kubernetes.io/managed-by=skiff-compose,app.kubernetes.io/part-of=shop",
      },
    ]);
    expect(places(result.notConverted)).toEqual(["compose.yaml:6: services.web.networks"]);
    expect(
      server.api.client.get(deployments, { namespace: "default", name: "web" })?.spec?.template.spec,
    ).toMatchObject({
      containers: [{ image: "nginx:1.27", ports: [{ containerPort: 80, hostPort: 8080 }] }],
      volumes: [{ hostPath: { path: "/home/me/shop/html" } }],
    });
    expect((await skiff(server, request)).lines).toEqual([
      "Service/web unchanged",
      "Deployment/web unchanged",
      "Service/db unchanged",
      "Deployment/db unchanged",
    ]);
  });

  it("asks for the files that it names, and does nothing until they come", async () => {
    await using server = await start();
    const { envFiles: _none, ...without } = request;
    const { status, result } = await skiff(server, without);
    expect([status, result.wantedFiles, result.items]).toEqual([422, ["db.env"], []]);
    expect((await skiff(server, { ...without, envFiles: {} })).lines).toEqual([
      "compose.yaml:9: services.db.env_file[0]: the contents of db.env were not sent along, or there is no such file",
    ]);
    expect(server.api.client.list(deployments)).toEqual([]);
  });

  it("from plain curl knows no directory and no environment", async () => {
    await using server = await start();
    const { status, lines } = await curl(server, file);
    expect(status).toBe(422);
    expect(lines).toEqual([
      "-:3: services.web.image: the variable TAG is not set: no environment was sent along",
      expect.stringMatching(/^-:5: services.web.volumes\[0\]: the path "..html" is relative/),
      expect.stringMatching(/^-:9: services.db.env_file\[0\]: the contents of db.env were not sent along/),
    ]);
    const absolute = "services: {web: {image: 'nginx:${TAG:-1.27}', volumes: ['/srv:/html']}}";
    expect((await curl(server, absolute)).result.projects).toMatchObject([{ name: "compose" }]);
  });

  it.each<[Partial<ApplyRequest>, string]>([
    [{ project: "p" }, "p"],
    [{ environment: { TAG: "1", COMPOSE_PROJECT_NAME: "q" } }, "q"],
    [{ dotEnv: "COMPOSE_PROJECT_NAME=r\nTAG=9\n" }, "r"],
    [{ dotEnv: "COMPOSE_PROJECT_NAME=r\n", project: "p" }, "p"],
  ])("is of the project named in %j", async (more, project) => {
    await using server = await start();
    expect((await skiff(server, { ...request, ...more }, "?dryRun=All")).result.projects).toMatchObject([
      { name: project },
    ]);
  });

  it("takes variables from .env that the environment does not have", async () => {
    await using server = await start();
    const dotEnv = "TAG=old\nMORE=$TAG-more\n";
    const text = "services: {web: {image: 'x:${TAG}', environment: [MORE]}}";
    await skiff(server, { ...request, dotEnv, files: [{ name: "c.yaml", text }] });
    expect(
      server.api.client.get(deployments, { namespace: "default", name: "web" })?.spec?.template.spec,
    ).toMatchObject({
      containers: [{ image: "x:1.27", env: [{ name: "MORE", value: "old-more" }] }],
    });
  });

  it("may take away and give back a service's ports", async () => {
    await using server = await start();
    const portless = file.replace('    ports: ["8080:80"]\n', "");
    const service = () => server.api.client.get(services, { namespace: "default", name: "web" });
    const uids = new Set<string | undefined>();
    for (const text of [file, portless, portless, file]) {
      const { status, lines } = await skiff(server, { ...request, files: [{ name: "compose.yaml", text }] });
      expect(status, lines.join("\n")).toBe(200);
      uids.add(service()?.metadata.uid);
      expect(service()?.spec?.ports?.[0]?.port).toBe(text === file ? 80 : undefined);
    }
    // Made anew once, when it lost its address.
    expect(uids.size).toBe(2);
  });

  it("changes nothing that is not of its project", async () => {
    await using server = await start();
    await skiff(server, request);
    const other = await skiff(server, { ...request, project: "other" });
    expect(other.lines).toHaveLength(4);
    expect(other.lines[0]).toBe(
      'compose.yaml:2: the Service "web" in namespace "default" is not of this project (app.kubernetes.io/part-of=shop): choose another namespace, or delete it first',
    );
    expect((await skiff(server, { ...request, project: "other" }, "?namespace=kube-system")).status).toBe(200);
  });

  it("is all that is taken where nothing else is expected", async () => {
    await using server = await start();
    const files = [{ name: "settings.yaml", text: settings("x") }];
    expect((await skiff(server, { files, composeOnly: true })).lines).toEqual([
      expect.stringMatching(/^settings.yaml:1: this is no Compose file/),
    ]);
    expect((await skiff(server, { ...request, composeOnly: true }, "?dryRun=All")).status).toBe(200);
    const empty = await skiff(server, { files: [{ name: "-", text: "services: {}" }], project: "p" });
    expect(empty).toMatchObject({ status: 200, lines: [], result: { projects: [{ name: "p" }] } });
  });

  it("must be alone in its file, but may come with others", async () => {
    await using server = await start();
    expect((await curl(server, `${settings("x")}---\n${file}`)).lines).toEqual([
      "-:7: this document is a Compose file, which must be in a file of its own",
    ]);
    const files = [{ name: "settings.yaml", text: settings("x") }, ...request.files];
    expect((await skiff(server, { ...request, files })).lines).toHaveLength(5);
  });
});

describe("the request", () => {
  it.each<[type: string, body: unknown, query: string, code: number, message: string]>([
    [applyRequestType, "{", "", 400, "the body is no JSON"],
    [applyRequestType, { files: "x" }, "", 400, "files: must be a list of files with name and text"],
    [applyRequestType, { files: [], directory: "a/b" }, "", 400, "directory: must be an absolute path"],
    [applyRequestType, { files: [], environment: { A: 1 } }, "", 400, "environment: must be an object of strings"],
    [applyRequestType, { files: [], composeOnly: 1 }, "", 400, "composeOnly: must be a boolean"],
    [applyRequestType, { files: [], project: 1 }, "", 400, "project: must be a string"],
    [applyRequestType, { files: [], dotEnv: "a b" }, "", 422, ".env: line 1"],
    [applyRequestType, { files: [] }, "", 400, "no objects passed to apply"],
    ["application/yaml", "# nothing\n", "", 400, "no objects passed to apply"],
    ["multipart/form-data; boundary=x", "x", "", 415, "curl --data-binary @FILE"],
    ["application/yaml", settings("x"), "?dryRun=Some", 422, 'dryRun: Unsupported value: ["Some"]'],
  ])("%s %j %s is refused with a Status", async (type, body, query, code, message) => {
    await using server = await start();
    const answer = await server.request("POST", `/apply${query}`, { body, headers: { "content-type": type } });
    expect(answer).toMatchObject({ status: code, json: { kind: "Status", code } });
    expect((answer.json as { message: string }).message).toContain(message);
  });

  it("needs the administrator's credentials where there is no unix socket", async () => {
    await using server = await start();
    const body = settings("x");
    const asked = (as: "nobody" | "certificate", headers = {}) =>
      server.request("POST", "/apply", { body, headers, as });
    expect((await asked("nobody")).status).toBe(401);
    const impersonated = { "impersonate-user": "jane" };
    expect(await asked("certificate", impersonated)).toMatchObject({
      status: 403,
      json: { message: 'forbidden: User "jane" cannot post path "/apply"' },
    });
    expect((await asked("certificate")).status).toBe(200);
  });
});
