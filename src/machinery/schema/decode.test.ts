import { describe, expect, it } from "vitest";
import { StatusError } from "../status-error.ts";
import { builtinSchemas } from "./builtin-schemas.ts";
import { decode } from "./decode.ts";

const decodeAs = (schema: string, value: unknown) => decode(builtinSchemas, schema, value);
const objectOf = (schema: string, value: unknown) => decodeAs(schema, value).object as Record<string, unknown>;

function refusal(schema: string, value: unknown): string {
  try {
    decodeAs(schema, value);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    expect(error).toMatchObject({ code: 400, reason: "BadRequest" });
    return error.message;
  }
  throw new Error("was not refused");
}

const deployment = (spec: unknown) => ({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "x" }, spec });
const container = (fields: object) => deployment({ template: { spec: { containers: [{ name: "c", ...fields }] } } });

describe("wrong types are refused in Kubernetes' words", () => {
  const prefix = 'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal ';
  it.each([
    [deployment({ replicas: "three" }), "string into Go struct field DeploymentSpec.spec.replicas of type int32"],
    [deployment({ replicas: 1.5 }), "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"],
    [
      deployment({ replicas: 2147483648 }),
      "number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [deployment({ paused: "yes" }), "string into Go struct field DeploymentSpec.spec.paused of type bool"],
    [deployment([]), "array into Go struct field Deployment.spec of type v1.DeploymentSpec"],
    [
      deployment({ template: { spec: { containers: {} } } }),
      "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
    ],
    [
      container({ env: [{ name: "A", value: 1 }] }),
      "number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string",
    ],
    [
      container({ command: "sh" }),
      "string into Go struct field Container.spec.template.spec.containers.command of type []string",
    ],
    [
      container({ command: [1] }),
      "number into Go struct field Container.spec.template.spec.containers.command of type string",
    ],
    [{ metadata: { labels: { a: true } } }, "bool into Go struct field ObjectMeta.metadata.labels of type string"],
    [{ metadata: { labels: "a" } }, "string into Go struct field ObjectMeta.metadata.labels of type map[string]string"],
    [
      deployment({ strategy: { rollingUpdate: { maxSurge: true } } }),
      "bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32",
    ],
    [[], "array into Go value of type v1.Deployment"],
    [null, "null into Go value of type v1.Deployment"],
  ])("%j", (value, message) => {
    expect(refusal("apps.v1.Deployment", value)).toBe(prefix + message);
  });

  it.each([
    [
      "core.v1.Pod",
      { spec: { containers: [{ name: "c", resources: { limits: { memory: "lots" } } }] } },
      "Pod in version \"v1\" cannot be handled as a Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      "core.v1.Secret",
      { data: { a: "not base64" } },
      'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 3',
    ],
    [
      "core.v1.Pod",
      { metadata: { creationTimestamp: "now" } },
      'Pod in version "v1" cannot be handled as a Pod: parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
    ],
    [
      "core.v1.Pod",
      { metadata: { creationTimestamp: "2026-02-31T00:00:00Z" } },
      'Pod in version "v1" cannot be handled as a Pod: parsing time "2026-02-31T00:00:00Z": day out of range',
    ],
  ])("%s %j", (schema, value, message) => {
    expect(refusal(schema, value)).toBe(message);
  });
});

describe("unknown fields are dropped and named", () => {
  it.each([
    [deployment({ replica: 1 }), ["spec.replica"]],
    [{ foo: 1, bar: { baz: 2 } }, ["foo", "bar"]],
    [container({ foo: 1 }), ["spec.template.spec.containers[0].foo"]],
    // Fields are matched in their exact case.
    [deployment({ Replicas: 1 }), ["spec.Replicas"]],
    [
      container({ constructor: 1, toString: 2 }),
      ["spec.template.spec.containers[0].constructor", "spec.template.spec.containers[0].toString"],
    ],
  ])("%j", (value, unknownFields) => {
    const decoded = decodeAs("apps.v1.Deployment", value);
    expect(decoded.unknownFields).toEqual(unknownFields);
    expect(JSON.stringify(decoded.object)).not.toMatch(/foo|bar|eplica|toString/);
  });
});

it("names a hundred unknown fields and no more", () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, number) => [`x${number}`, 1]));
  expect(decodeAs("core.v1.ConfigMap", many).unknownFields).toHaveLength(100);
});

it("never lets a key reach a prototype", () => {
  const body: unknown = JSON.parse(
    '{"__proto__":{"polluted":1},"data":{"__proto__":"kept","constructor":"kept"},"metadata":{"labels":{"__proto__":"a"}}}',
  );
  const { object, unknownFields } = decodeAs("core.v1.ConfigMap", body);
  expect(unknownFields).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
  const { data } = object as unknown as { data: Record<string, string> };
  expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
  expect(Object.entries(data)).toEqual([
    ["__proto__", "kept"],
    ["constructor", "kept"],
  ]);
  expect(JSON.stringify(structuredClone(data))).toBe('{"__proto__":"kept","constructor":"kept"}');
});

describe("null, empty and zero", () => {
  it.each([
    ["null is absence", { spec: { clusterIP: null, ports: null, selector: null } }, { spec: {} }],
    ["an empty list or map too", { spec: { ports: [], selector: {}, externalIPs: [] } }, { spec: {} }],
    ["a plain field's zero value too", { spec: { clusterIP: "", publishNotReadyAddresses: false } }, { spec: {} }],
    [
      "a pointer's zero value is not",
      { spec: { allocateLoadBalancerNodePorts: false } },
      { spec: { allocateLoadBalancerNodePorts: false } },
    ],
    ["null in a map is the zero value", { spec: { selector: { a: null } } }, { spec: { selector: { a: "" } } }],
    ["null in a list too", { spec: { externalIPs: [null, "1.2.3.4"] } }, { spec: { externalIPs: ["", "1.2.3.4"] } }],
    ["null as a struct in a list is an empty one", { spec: { ports: [null] } }, { spec: { ports: [{}] } }],
    [
      "a scalar's type is kept",
      { spec: { ports: [{ port: 80, targetPort: "http" }] } },
      {
        spec: { ports: [{ port: 80, targetPort: "http" }] },
      },
    ],
  ])("%s", (_, value, expected) => {
    expect(objectOf("core.v1.Service", value)).toEqual({ metadata: {}, status: { loadBalancer: {} }, ...expected });
  });

  it("keeps an empty struct that was written", () => {
    const { spec } = objectOf("core.v1.Pod", { spec: { containers: [], volumes: [{ name: "v", emptyDir: {} }] } });
    expect(spec).toEqual({ containers: [], volumes: [{ name: "v", emptyDir: {} }] });
  });

  it("fills in the structs that are always there", () => {
    expect(objectOf("apps.v1.Deployment", { spec: { replicas: 0 } })).toEqual({
      metadata: {},
      spec: { replicas: 0, strategy: {}, template: { metadata: {}, spec: {} } },
      status: {},
    });
  });
});

it("stores quantities, times and bytes in their canonical form", () => {
  const pod = objectOf("core.v1.Pod", {
    metadata: { creationTimestamp: "2026-01-01T02:00:00.5+02:00" },
    spec: { containers: [{ name: "c", resources: { limits: { cpu: 0.5, memory: "1.5Gi", "example.com/x": 1 } } }] },
  });
  expect(pod).toMatchObject({
    metadata: { creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { containers: [{ resources: { limits: { cpu: "500m", memory: "1536Mi", "example.com/x": "1" } } }] },
  });
  expect(objectOf("coordination.v1.Lease", { spec: { renewTime: "2026-01-01T00:00:00.5Z" } })).toMatchObject({
    spec: { renewTime: "2026-01-01T00:00:00.500000Z" },
  });
  expect(objectOf("core.v1.Secret", { data: { a: "YWJj\nZGVm" } })).toMatchObject({ data: { a: "YWJjZGVm" } });
});

it("copies what it is given", () => {
  const data = { raw: { deep: [1] } };
  const decoded = objectOf("apps.v1.ControllerRevision", { data, revision: 1 });
  expect(decoded["data"]).toEqual(data);
  expect(decoded["data"]).not.toBe(data);
});

it("refuses a value nested without end", () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  expect(refusal("apps.v1.ControllerRevision", { data: { deep } })).toContain("exceeded max depth");
});

it("knows fields newer than the declarations", () => {
  const { unknownFields } = decodeAs("core.v1.Pod", {
    spec: {
      resources: { limits: { cpu: "1" } },
      containers: [{ name: "c", lifecycle: { stopSignal: "SIGUSR1" } }],
      volumes: [{ name: "v", image: { reference: "x" } }],
    },
  });
  expect(unknownFields).toEqual([]);
});
