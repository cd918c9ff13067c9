/** The same round with every kubectl that is to be had: old ones speak SPDY and protobuf, new ones WebSocket and CBOR. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigMap } from "../../src/machinery/types.ts";
import { get } from "../support/http.ts";
import { findKubectls } from "../support/kubectls.ts";
import { Session } from "../support/session.ts";
import { eventually, type Output, run, SkiffInstance } from "../support/skiff.ts";

const manifests = `
apiVersion: v1
kind: ConfigMap
metadata: { name: words }
data: { first: ahoy }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: busybox:1.36
          stdin: true
          command:
            - sh
            - -c
            - |
              trap 'exit 0' TERM
              mkdir /www && hostname > /www/index.html && httpd -p 8080 -h /www
              echo ready
              while read -r line; do echo "you said $line"; done
`;

const kubectls = findKubectls();

let instance: SkiffInstance;
beforeAll(async () => {
  instance = await SkiffInstance.start();
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
});

it(`has kubectl ${kubectls.map(({ version }) => version).join(", ")}`, () => {
  expect(kubectls.length).toBeGreaterThan(0);
});

describe.each(kubectls)("kubectl $version", ({ version, path }) => {
  const namespace = `v${version.replace(".", "-")}`;
  const env = () => ({ ...instance.env, KUBE_EDITOR: "sed -i s/second:.two/second:\\ three/" });
  const attempt = (args: readonly string[], input = ""): Promise<Output> =>
    run(path, ["--namespace", namespace, ...args], { env: env(), input });
  const kubectl = async (...args: string[]): Promise<string> => {
    const output = await attempt(args);
    expect(output.code, `${args.join(" ")}: ${output.all}`).toBe(0);
    return output.stdout;
  };
  const apply = async (yaml: string, ...args: string[]): Promise<string> => {
    const output = await attempt(["apply", "-f", "-", ...args], yaml);
    expect(output.code, output.all).toBe(0);
    return output.stdout;
  };
  const session = (...args: string[]): Session => new Session(path, ["--namespace", namespace, ...args], env());
  const words = async (): Promise<unknown> =>
    (JSON.parse(await kubectl("get", "configmap", "words", "-o", "json")) as ConfigMap).data;

  beforeAll(async () => {
    expect(await kubectl("create", "namespace", namespace)).toBe(`namespace/${namespace} created\n`);
    expect(await apply(manifests)).toBe("configmap/words created\ndeployment.apps/web created\n");
    expect(await kubectl("rollout", "status", "deployment/web", "--timeout=30s")).toMatch(/successfully rolled out/);
  });
  afterAll(async () => {
    const deleted = await attempt(["delete", "-f", "-", "--timeout=30s"], manifests);
    expect(deleted.stdout).toMatch(/^configmap "words" deleted.*\ndeployment.apps "web" deleted/);
    await kubectl("delete", "namespace", namespace, "--timeout=60s");
  });

  it("looks", async () => {
    expect(await kubectl("version")).toMatch(/Server Version: .*v1\.33/);
    expect(await kubectl("get", "deployment", "web", "--no-headers")).toMatch(/^web +1\/1 +1 +1 +\d+s\n$/);
    expect(await kubectl("get", "pods", "-o", "wide")).toMatch(
      /^NAME .* IP .*NODE[^]*web-\S+ +1\/1 +Running +0 +\d+s +10\./,
    );
    expect(await kubectl("describe", "deployment", "web")).toMatch(/ScalingReplicaSet/);
    expect(await kubectl("explain", "deployment.spec.replicas")).toMatch(
      /FIELD: +replicas <integer>[^]*Number of desired pods/,
    );
    expect(await kubectl("explain", "deployment.spec", "--recursive")).toMatch(/maxSurge/);
    expect(await kubectl("api-resources", "--api-group", "apps")).toMatch(
      /deployments +deploy +apps\/v1 +true +Deployment/,
    );
    const events = await kubectl("get", "events", "--field-selector", "reason=ScalingReplicaSet", "-o", "name");
    expect(events).toMatch(/^event\/web\./);
  });

  it("changes", async () => {
    expect(await apply(manifests)).toBe("configmap/words unchanged\ndeployment.apps/web unchanged\n");
    const changed = manifests.replace("first: ahoy", "first: ahoy, second: one");
    const diff = await attempt(["diff", "-f", "-"], changed);
    expect(diff.stdout).toMatch(/^\+ +second: one$/m);
    expect(diff.code).toBe(1);
    expect(await apply(changed)).toBe("configmap/words configured\ndeployment.apps/web unchanged\n");
    await kubectl("patch", "configmap", "words", "--patch", '{"data":{"second":"two"}}');
    await kubectl("patch", "configmap", "words", "--type=json", "--patch", '[{"op":"remove","path":"/data/first"}]');
    await kubectl("patch", "configmap", "words", "--type=merge", "--patch", '{"data":{"third":"3","first":null}}');
    expect(await words()).toEqual({ second: "two", third: "3" });
    expect(await kubectl("edit", "configmap", "words")).toBe("configmap/words edited\n");
    expect(await words()).toEqual({ second: "three", third: "3" });
    await kubectl("label", "configmap", "words", "tongue=sea");
    await kubectl("annotate", "configmap", "words", "note=kept");
    expect(await kubectl("get", "configmap", "-l", "tongue=sea", "-o", "name")).toBe("configmap/words\n");
  });

  it("applies on the server's side", async () => {
    const mine = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shared }\ndata: { a: mine }\n";
    expect(await apply(mine, "--server-side", "--field-manager=me")).toBe("configmap/shared serverside-applied\n");
    const theirs = mine.replace("mine", "theirs");
    const conflict = await attempt(["apply", "-f", "-", "--server-side", "--field-manager=you"], theirs);
    expect(conflict.stderr).toMatch(/Apply failed with 1 conflict: conflict with "me": \.data\.a/);
    expect(conflict.code).toBe(1);
    await apply(theirs, "--server-side", "--field-manager=you", "--force-conflicts");
    expect(await kubectl("get", "configmap", "shared", "-o", "jsonpath={.data.a}")).toBe("theirs");
  });

  it("waits and scales", async () => {
    await kubectl("scale", "deployment/web", "--replicas=2");
    await kubectl("wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=2", "--timeout=30s");
    await kubectl("wait", "pod", "-l", "app=web", "--for=condition=Ready", "--timeout=30s");
    await kubectl("scale", "deployment/web", "--replicas=1");
    await kubectl("rollout", "status", "deployment/web", "--timeout=30s");
    await eventually(async () => {
      const left = await kubectl("get", "pods", "-l", "app=web", "-o", "name");
      return left.trim().split("\n").length === 1 ? true : undefined;
    }, "one Pod is left");
  });

  it("runs commands in containers", async () => {
    expect(await kubectl("exec", "deployment/web", "--", "cat", "/www/index.html")).toMatch(/^web-/);
    const failing = await attempt(["exec", "deployment/web", "--", "sh", "-c", "echo no >&2; exit 7"]);
    expect(failing).toMatchObject({ code: 7, stderr: expect.stringMatching(/^no\n/) });
    const piped = await attempt(["exec", "-i", "deployment/web", "--", "wc", "-c"], "x".repeat(100_000));
    expect(piped.stdout).toBe("100000\n");

    const line = [path, "--namespace", namespace, "exec", "-it", "deployment/web", "--", "sh"].join(" ");
    await using terminal = new Session("script", ["-qec", line, "/dev/null"], env());
    await terminal.says(/# /);
    terminal.write("tty; echo $((40 + 2)) there\n");
    await terminal.says(/\/dev\/pts\/\d+\s+42 there/);
    terminal.write("exit 5\n");
    expect(await terminal.end()).toBe(5);
  });

  it("follows logs and attaches", async () => {
    expect(await kubectl("logs", "deployment/web", "--tail=1")).toBe("ready\n");
    await using logs = session("logs", "-f", "deployment/web");
    await logs.says(/^ready\n/);
    await using attached = session("attach", "-i", "deployment/web");
    attached.write("ahoy\n");
    await attached.says(/you said ahoy/);
    await logs.says(/you said ahoy/);
  });

  it("copies there and back", async () => {
    const pod = (await kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}")).trim();
    const there = join(instance.home, `there-${version}`);
    const back = join(instance.home, `back-${version}`);
    writeFileSync(there, "cargo\n".repeat(50_000));
    await kubectl("cp", there, `${pod}:/tmp/cargo`);
    await kubectl("cp", `${pod}:/tmp/cargo`, back);
    expect(readFileSync(back, "utf8")).toBe(readFileSync(there, "utf8"));
  });

  it("forwards ports", async () => {
    await using forward = session("port-forward", "deployment/web", ":8080");
    const [, port] = await forward.says(/Forwarding from 127\.0\.0\.1:(\d+) -> 8080/);
    const answers = await Promise.all([1, 2, 3, 4].map(() => get(`http://127.0.0.1:${port}/`)));
    for (const answer of answers) expect(answer).toMatch(/^web-/);
  });
});
