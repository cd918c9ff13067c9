/** Input that is wrong, and workloads that cannot run: Kubernetes' own words, and nothing half-applied. */
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Event, Pod } from "../../src/machinery/types.ts";
import { eventually, SkiffInstance } from "../support/skiff.ts";

let instance: SkiffInstance;
beforeAll(async () => {
  instance = await SkiffInstance.start();
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
});

const apply = (yaml: string, ...args: string[]) => instance.tryKubectl(["apply", "-f", "-", ...args], { input: yaml });

/** The names of all objects that a user could have made. */
const everything = (): Promise<string> => instance.kubectl("get", "all,configmaps,secrets", "-A", "-o", "name");

interface Answer {
  status: number;
  body: { kind?: string; status?: string; reason?: string; message?: string; code?: number; details?: unknown };
}

/** A request as any HTTP client would send it. */
function send(method: string, path: string, type: string, body: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: join(instance.dataDir, "api.sock"),
        method,
        path,
        headers: { "content-type": type, "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer["body"] });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const deployment = (name: string, changes: { labels?: string; spec?: string } = {}): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 0
  ${changes.spec ?? ""}
  selector: { matchLabels: { app: a } }
  template:
    metadata: { labels: { app: ${changes.labels ?? "a"} } }
    spec: { containers: [{ name: main, image: "busybox:1.36" }] }
`;

describe("kubectl apply", () => {
  it.each([
    ["YAML that is none", "kind: [", /error (converting|parsing)/],
    ["tabs", "kind: Pod\n\tmetadata: {}", /found (a tab )?character that/],
    ["no kind", "apiVersion: v1\nmetadata: { name: x }", /kind not set/],
    [
      "fields that do not exist",
      deployment("unknown", { spec: "replica: 3\n  paused: true\n  stratgy: {}" }),
      /Error from server \(BadRequest\).*strict decoding error: unknown field "spec\.replica", unknown field "spec\.stratgy"/,
    ],
    [
      "a number that is a text",
      deployment("text", { spec: 'minReadySeconds: "ten"' }),
      /cannot unmarshal string into Go struct field DeploymentSpec\.spec\.minReadySeconds of type int32/,
    ],
    [
      "a list that is a mapping",
      "apiVersion: v1\nkind: Pod\nmetadata: { name: x }\nspec: { containers: { name: a } }",
      /cannot unmarshal object into Go struct field PodSpec\.spec\.containers of type \[\]v1\.Container/,
    ],
    [
      "an upper-case name",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Upper_Case }",
      /The ConfigMap "Upper_Case" is invalid: metadata\.name: Invalid value: "Upper_Case": a lowercase RFC 1123 subdomain must consist of/,
    ],
    [
      "a negative number",
      deployment("negative", { spec: "revisionHistoryLimit: -1" }),
      /The Deployment "negative" is invalid: spec\.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0/,
    ],
    [
      "a selector that does not match",
      deployment("stranger", { labels: "b" }),
      /The Deployment "stranger" is invalid: spec\.template\.metadata\.labels: Invalid value: \{"app":"b"\}: `selector` does not match template `labels`/,
    ],
    [
      "a Pod without containers",
      "apiVersion: v1\nkind: Pod\nmetadata: { name: empty }\nspec: { containers: [] }",
      /The Pod "empty" is invalid: spec\.containers: Required value/,
    ],
    [
      "a namespace that is not there",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x, namespace: nowhere }",
      /Error from server \(NotFound\).*namespaces "nowhere" not found/,
    ],
  ])("refuses %s", async (_, yaml, message) => {
    const before = await everything();
    const output = await apply(yaml);
    expect(output.stderr).toMatch(message);
    expect(output).toMatchObject({ code: 1, stdout: "" });
    expect(await everything()).toBe(before);
  });

  it("refuses what cannot be changed, and leaves it as it was", async () => {
    await instance.apply(deployment("fixed"));
    const before = await instance.kubectl("get", "deployment", "fixed", "-o", "yaml");
    const selector = deployment("fixed").replaceAll("app: a", "app: b").replace("replicas: 0", "replicas: 2");
    const output = await apply(selector);
    expect(output.stderr).toMatch(
      /The Deployment "fixed" is invalid: spec\.selector: Invalid value: \{"matchLabels":\{"app":"b"\}\}: field is immutable/,
    );
    expect(output.code).toBe(1);
    expect(await instance.kubectl("get", "deployment", "fixed", "-o", "yaml")).toBe(before);

    const service =
      "apiVersion: v1\nkind: Service\nmetadata: { name: fixed }\nspec: { clusterIP: None, selector: { app: a }, ports: [{ port: 80 }] }";
    await instance.apply(service);
    const other = (await instance.status()).serviceCidr.replace(/\.0\.0\/\d+$/, ".77.77");
    const moved = await apply(service.replace("None", other));
    expect(moved.stderr).toMatch(
      /spec\.clusterIPs?(\[0\])?: Invalid value: .*: (field is immutable|may not change once set)/,
    );
    await instance.kubectl("delete", "deployment/fixed", "service/fixed");
  });

  it("applies the sound documents of a file and names the others", async () => {
    const output = await apply(
      `${deployment("sound")}---${deployment("wrong", { spec: "minReadySeconds: -1" })}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: sound }\n`,
    );
    expect(output.stdout).toBe("deployment.apps/sound created\nconfigmap/sound created\n");
    expect(output.stderr).toMatch(/The Deployment "wrong" is invalid: spec\.minReadySeconds: Invalid value: -1/);
    expect(output.code).toBe(1);
    expect(await instance.kubectl("get", "deployments", "-o", "name")).toBe("deployment.apps/sound\n");
    await instance.kubectl("delete", "deployment/sound", "configmap/sound");
  });
});

describe("a request", () => {
  const configMaps = "/api/v1/namespaces/default/configmaps";
  const failure = (code: number, reason: string, message: RegExp) => ({
    status: code,
    body: { kind: "Status", status: "Failure", code, reason, message: expect.stringMatching(message) },
  });

  it.each([
    [
      "JSON that is cut off",
      "POST",
      configMaps,
      "application/json",
      '{"kind":"ConfigMap"',
      failure(400, "BadRequest", /couldn't get version\/kind; json parse error: unexpected end of JSON input/),
    ],
    ["YAML that is none", "POST", configMaps, "application/yaml", "kind: [", failure(400, "BadRequest", /yaml/)],
    [
      "a body of no known type",
      "POST",
      configMaps,
      "text/plain",
      "{}",
      failure(415, "UnsupportedMediaType", /the body of the request was in an unknown format/),
    ],
    [
      "a field given twice",
      "POST",
      `${configMaps}?fieldValidation=Strict`,
      "application/json",
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"}}',
      failure(400, "BadRequest", /strict decoding error: .*duplicate field "data\.a"/),
    ],
    [
      "another kind than its path",
      "POST",
      configMaps,
      "application/json",
      '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}',
      failure(400, "BadRequest", /Secret in version "v1" cannot be handled as a ConfigMap/),
    ],
    [
      "no name",
      "POST",
      configMaps,
      "application/json",
      '{"apiVersion":"v1","kind":"ConfigMap"}',
      failure(422, "Invalid", /name or generateName is required/),
    ],
    [
      "a patch that is none",
      "PATCH",
      "/api/v1/namespaces/default",
      "application/json-patch+json",
      '{"op":"add"}',
      failure(400, "BadRequest", /json/i),
    ],
    [
      "a name that is not there",
      "DELETE",
      `${configMaps}/nobody`,
      "application/json",
      "",
      failure(404, "NotFound", /configmaps "nobody" not found/),
    ],
  ])("with %s is answered with a Status", async (_, method, path, type, body, answer) => {
    const before = await everything();
    expect(await send(method, path, type, body)).toMatchObject(answer);
    expect(await everything()).toBe(before);
  });

  it("with more than 3 MB is refused", async () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "big" },
      data: { a: "x".repeat(4_000_000) },
    };
    expect(await send("POST", configMaps, "application/json", JSON.stringify(object))).toMatchObject({
      status: 413,
      body: { kind: "Status", reason: "RequestEntityTooLarge", code: 413 },
    });
    expect((await instance.tryKubectl(["get", "configmap", "big"])).stderr).toMatch(/configmaps "big" not found/);
    // A client that does not know the size beforehand is cut off all the same, and the server lives on.
    expect((await instance.status()).name).toBe(instance.name);
  });
});

describe("a Pod that cannot run", () => {
  const pod = (name: string, container: string, spec = ""): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 1
  ${spec}
  containers:
    - name: main
      ${container}
`;

  const events = async (name: string): Promise<Event[]> => {
    const selector = `involvedObject.name=${name}`;
    const { items } = await instance.json<{ items: Event[] }>("get", "events", "--field-selector", selector);
    return items;
  };

  const waiting = (name: string, reason: string): Promise<string> =>
    eventually(async () => {
      const { status } = await instance.json<Pod>("get", "pod", name);
      const state = status?.containerStatuses?.[0]?.state?.waiting;
      return state?.reason === reason ? (state.message ?? "") : undefined;
    }, `${name} waits because of ${reason}`);

  const told = (name: string, type: string, reason: string, message: RegExp): Promise<Event> =>
    eventually(async () => {
      const all = await events(name);
      return all.find((event) => event.type === type && event.reason === reason && message.test(event.message ?? ""));
    }, `${name} has an Event ${reason} like ${message.source}`);

  it("for want of its image says so, in Docker's words", async () => {
    await instance.apply(pod("imageless", "image: localhost:9/no/such:image"));
    const message = await waiting("imageless", "ImagePullBackOff");
    expect(message).toMatch(/^Back-off pulling image "localhost:9\/no\/such:image"/);
    await told("imageless", "Normal", "Pulling", /^Pulling image "localhost:9\/no\/such:image"$/);
    await told(
      "imageless",
      "Warning",
      "Failed",
      /^Failed to pull image "localhost:9\/no\/such:image": .*(connection refused|dial tcp)/,
    );
    await told("imageless", "Warning", "Failed", /^Error: ErrImagePull$/);
    await told("imageless", "Warning", "Failed", /^Error: ImagePullBackOff$/);
    await told("imageless", "Normal", "BackOff", /^Back-off pulling image/);
    const line = await instance.kubectl("get", "pod", "imageless", "--no-headers");
    expect(line).toMatch(/^imageless +0\/1 +(ErrImagePull|ImagePullBackOff) +0 /);
    await instance.kubectl("delete", "pod", "imageless", "--timeout=30s");
  });

  it("because its command fails is restarted after growing waits", async () => {
    await instance.apply(pod("crashing", "image: busybox:1.36\n      command: [sh, -c, 'echo trying; exit 3']"));
    // At once, then after 10 seconds, then after 20.
    expect(await waiting("crashing", "CrashLoopBackOff")).toMatch(
      /^back-off 10s restarting failed container=main pod=crashing_default/,
    );
    const first = await instance.json<Pod>("get", "pod", "crashing");
    expect(first.status?.containerStatuses).toMatchObject([
      { restartCount: 1, ready: false, lastState: { terminated: { exitCode: 3, reason: "Error" } } },
    ]);
    expect(first.status?.phase).toBe("Running");
    await eventually(async () => {
      const { status } = await instance.json<Pod>("get", "pod", "crashing");
      const state = status?.containerStatuses?.[0]?.state?.waiting;
      return state?.message?.startsWith("back-off 20s ") ? true : undefined;
    }, "the wait has grown");
    const line = await instance.kubectl("get", "pod", "crashing", "--no-headers");
    expect(line).toMatch(/^crashing +0\/1 +CrashLoopBackOff +2 \(\d+s ago\) /);
    await told("crashing", "Warning", "BackOff", /^Back-off restarting failed container main in pod crashing_default/);
    expect(await instance.kubectl("logs", "crashing")).toBe("trying\n");
    expect(await instance.kubectl("logs", "crashing", "--previous")).toBe("trying\n");
    await instance.kubectl("delete", "pod", "crashing", "--timeout=30s");
  });

  it("for want of a program says why", async () => {
    await instance.apply(pod("commandless", "image: busybox:1.36\n      command: [/no/such/program]"));
    await told("commandless", "Warning", "Failed", /^Error: .*no such file or directory/);
    await waiting("commandless", "CrashLoopBackOff");
    await instance.kubectl("delete", "pod", "commandless", "--timeout=30s");
  });

  it("for want of a ConfigMap runs as soon as it is there", async () => {
    const env = "env: [{ name: WORD, valueFrom: { configMapKeyRef: { name: words, key: first } } }]";
    await instance.apply(
      pod("configless", `image: busybox:1.36\n      command: [sh, -c, 'echo $WORD; sleep 900']\n      ${env}`),
    );
    expect(await waiting("configless", "CreateContainerConfigError")).toBe('configmap "words" not found');
    await told("configless", "Warning", "Failed", /^Error: configmap "words" not found$/);
    await instance.kubectl("create", "configmap", "words", "--from-literal=second=b");
    const key = /couldn't find key first in ConfigMap default\/words/;
    await told("configless", "Warning", "Failed", key);
    await instance.kubectl("patch", "configmap", "words", "-p", '{"data":{"first":"ahoy"}}');
    await instance.kubectl("wait", "pod/configless", "--for=condition=Ready", "--timeout=30s");
    expect(await instance.kubectl("logs", "configless")).toBe("ahoy\n");
    await instance.kubectl("delete", "pod/configless", "configmap/words", "--timeout=30s");
  });

  it("for want of room stays pending, with the reason", async () => {
    const resources = "resources: { requests: { cpu: '1000', memory: 900Ti } }";
    await instance.apply(pod("huge", `image: busybox:1.36\n      ${resources}`));
    const { message } = await told("huge", "Warning", "FailedScheduling", /^0\/1 nodes are available: /);
    expect(message).toContain("1 Insufficient cpu, 1 Insufficient memory");
    const { status } = await instance.json<Pod>("get", "pod", "huge");
    expect(status).toMatchObject({
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
    });
    await instance.apply(pod("choosy", "image: busybox:1.36", "nodeSelector: { disk: golden }"));
    await told("choosy", "Warning", "FailedScheduling", /1 node\(s\) didn't match Pod's node affinity\/selector/);
    // It is scheduled as soon as a node fits.
    await instance.kubectl("label", "nodes", "--all", "disk=golden");
    await instance.kubectl("wait", "pod/choosy", "--for=condition=PodScheduled", "--timeout=30s");
    await instance.kubectl("delete", "pod", "huge", "choosy", "--timeout=30s");
  });
});
