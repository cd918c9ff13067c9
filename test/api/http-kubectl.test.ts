/** A real kubectl against the API, without containers: what it sends (protobuf among it) and what it makes of the answers. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledClient, findKubectl } from "../../scripts/kubectl.mjs";
import { kinds } from "../../src/kinds/index.ts";
import { events, nodes } from "../../src/machinery/resource.ts";
import { startHttpServer, type TestHttpServer } from "../support/http-server.ts";
import { run } from "../support/skiff.ts";

const program = process.env["SKIFF_TEST_KUBECTL"] ?? bundledClient("kubectl") ?? findKubectl() ?? "kubectl";

let server: TestHttpServer;
let cache: string;
beforeAll(async () => {
  server = await startHttpServer(kinds);
  cache = mkdtempSync(join(tmpdir(), "skiff-kubectl-"));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(cache, { recursive: true, force: true });
});

function kubectl(args: string, input = "") {
  const env = { PATH: process.env["PATH"], HOME: cache, KUBECACHEDIR: cache, KUBECONFIG: server.kubeconfig };
  return run(program, args.split(" "), { env, input });
}

const manifest = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: c, image: busybox, ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {debug: "no"}
`;

describe("kubectl", () => {
  it("applies status on its own, and leaves it alone when the object is applied with one", async () => {
    const shown = async () =>
      (await kubectl("get rs on-its-own -o jsonpath={.spec.replicas}/{.status.replicas}")).stdout;
    const text = (replicas: number, ready: number) =>
      JSON.stringify({
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { name: "on-its-own" },
        spec: {
          replicas,
          selector: { matchLabels: { app: "rs" } },
          template: { metadata: { labels: { app: "rs" } }, spec: { containers: [{ name: "c", image: "x" }] } },
        },
        status: { replicas: ready },
      });
    await kubectl("apply --server-side -f -", text(0, 9));
    expect(await shown()).toBe("0/0");
    const applied = await kubectl("apply --server-side --subresource=status --field-manager=hand -f -", text(5, 3));
    expect(applied.all).toBe("replicaset.apps/on-its-own serverside-applied\n");
    expect(await shown()).toBe("0/3");
    const again = await kubectl("apply --server-side -f -", text(1, 9));
    expect(again.all).toBe("replicaset.apps/on-its-own serverside-applied\n");
    expect(await shown()).toBe("1/3");
  });

  it("shows of a node what its kubelet and the controller tell", async () => {
    const { client } = server.api;
    const { metadata } = await client.create(nodes, { metadata: { name: "box" } });
    const tell = (name: string, uid: string, reason: string) =>
      client.create(events, {
        metadata: { name, namespace: "default" },
        involvedObject: { kind: "Node", name: "box", uid },
        reason,
        type: "Normal",
      });
    await tell("a", "box", "NodeReady");
    await tell("b", metadata.uid, "RegisteredNode");
    await tell("c", "another", "NotAboutIt");
    const { stdout } = await kubectl("describe node box");
    expect(stdout).toContain("NodeReady");
    expect(stdout).toContain("RegisteredNode");
    expect(stdout).not.toContain("NotAboutIt");
  });

  it("creates objects of its own making", async () => {
    expect((await kubectl("create configmap cm --from-literal=a=b")).all).toBe("configmap/cm created\n");
    expect((await kubectl("create configmap cm")).all).toBe(
      'error: failed to create configmap: configmaps "cm" already exists\n',
    );
    expect((await kubectl("create secret generic s --from-literal=key=value")).all).toBe("secret/s created\n");
    expect((await kubectl("get secret s -o jsonpath={.data.key}")).stdout).toBe(btoa("value"));
    expect((await kubectl("create serviceaccount bot")).all).toBe("serviceaccount/bot created\n");
    expect((await kubectl("create deployment d --image=x --replicas=0 --port=80")).all).toBe(
      "deployment.apps/d created\n",
    );
    expect((await kubectl("get deployment d -o jsonpath={.spec}")).stdout).toMatch(
      /"replicas":0,.*"strategy":\{"rollingUpdate":.*"containerPort":80/,
    );
    expect((await kubectl("auth can-i get pods")).all).toBe("yes\n");
    expect((await kubectl("auth whoami")).stdout).toMatch(/Username +kubernetes-admin/);
  });

  it.each([
    ["a kind under another group's version", "apiVersion: v1\nkind: Deployment", 'kind "Deployment" in version "v1"'],
    ["a kind that is not served", "apiVersion: batch/v1\nkind: Job", 'kind "Job" in version "batch/v1"'],
  ])("says what is wrong with %s", async (_what, head, words) => {
    const { code, all } = await kubectl("apply -f -", `${head}\nmetadata: {name: web}\n`);
    expect(all).toContain(`no matches for ${words}\nensure CRDs are installed first`);
    expect(code).toBe(1);
  });

  it("applies, tells differences, edits by patch and deletes", async () => {
    expect((await kubectl("apply -f -", manifest(2))).all).toBe(
      "deployment.apps/web created\nconfigmap/settings created\n",
    );
    expect((await kubectl("apply -f -", manifest(2))).all).toBe(
      "deployment.apps/web unchanged\nconfigmap/settings unchanged\n",
    );
    const difference = await kubectl("diff -f -", manifest(3));
    expect(difference.code).toBe(1);
    expect(difference.stdout).toMatch(/^-  replicas: 2\n\+  replicas: 3$/m);
    expect((await kubectl("apply --dry-run=server -f -", manifest(3))).stdout).toContain(
      "deployment.apps/web configured (server dry run)\n",
    );
    expect((await kubectl("apply -f -", manifest(3))).stdout).toContain("deployment.apps/web configured\n");
    expect((await kubectl("apply --server-side --force-conflicts -f -", manifest(4))).stdout).toContain(
      "deployment.apps/web serverside-applied\n",
    );
    expect((await kubectl("scale deployment web --replicas=5")).all).toBe("deployment.apps/web scaled\n");
    expect((await kubectl("get deployment web --subresource=scale")).stdout).toMatch(
      /^NAME +DESIRED +AVAILABLE +AGE\nweb +5 +0 +\d+s\n$/,
    );
    expect((await kubectl("label deployment web tier=front")).all).toBe("deployment.apps/web labeled\n");
    expect((await kubectl("get deployments -l tier=front -o name")).all).toBe("deployment.apps/web\n");
    expect((await kubectl("wait --for=jsonpath={.spec.replicas}=5 deployment/web --timeout=10s")).all).toBe(
      "deployment.apps/web condition met\n",
    );
    expect((await kubectl("delete -f -", manifest(3))).code).toBe(0);
    expect((await kubectl("get deployment web")).all).toBe(
      'Error from server (NotFound): deployments.apps "web" not found\n',
    );
  });

  it("prints tables", async () => {
    const all = await kubectl("get namespaces");
    expect(all.stdout).toMatch(/^NAME +STATUS +AGE\ndefault +Active +\w+\n/);
    expect((await kubectl("get pods")).all).toBe("No resources found in default namespace.\n");
    expect((await kubectl("get widgets")).all).toBe(`error: the server doesn't have a resource type "widgets"\n`);
  });

  it("explains, and finds what is served", async () => {
    const explained = await kubectl("explain deployment.spec.strategy.rollingUpdate.maxSurge");
    expect(explained.stdout).toMatch(/FIELD: maxSurge <IntOrString>/);
    expect((await kubectl("explain pod.spec.containers.resources")).stdout).toMatch(/limits\s+<map\[string\]Quantity>/);
    expect((await kubectl("api-resources")).stdout).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
    expect((await kubectl("api-versions")).stdout).toMatch(/^apps\/v1$/m);
    expect((await kubectl("version")).stdout).toContain("Server Version: v1.33.0+skiff");
    expect((await kubectl("get --raw /readyz")).stdout).toBe("ok");
  });
});
