import { describe, expect, it } from "vitest";
import { deepFreeze, type KubeObject } from "../object.ts";
import { builtinSchemas } from "../schema/builtin-schemas.ts";
import { decode } from "../schema/decode.ts";
import { type Applier, applyPatch } from "./apply-patch.ts";
import { trackUpdate } from "./track-update.ts";

const now = "2026-01-01T00:00:00Z";
const later = "2026-01-01T00:01:00Z";

const by = (manager: string, rest: Partial<Applier> = {}): Applier => ({
  manager,
  force: false,
  apiVersion: "v1",
  time: now,
  source: builtinSchemas,
  schemaName: "core.v1.ConfigMap",
  ...rest,
});
const deploymentBy = (manager: string, rest: Partial<Applier> = {}): Applier =>
  by(manager, { apiVersion: "apps/v1", schemaName: "apps.v1.Deployment", ...rest });

const configMap = (data?: object, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "ssa", namespace: "demo", ...metadata },
  ...(data && { data }),
});
const deployment = (spec: object) => ({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec });
const pods = (...containers: object[]) => deployment({ template: { spec: { containers } } });

const apply = (live: KubeObject | undefined, applied: unknown, applier: Applier): KubeObject =>
  deepFreeze(applyPatch(live, applied, applier));

function update(live: KubeObject | undefined, next: object, applier: Applier): KubeObject {
  const object = decode(builtinSchemas, applier.schemaName, next).object;
  trackUpdate(live, object, applier);
  return deepFreeze(object);
}

/** Manager (and operation, where it is an update) → its fields. */
function owners(object: KubeObject): Record<string, unknown> {
  return Object.fromEntries(
    (object.metadata?.managedFields ?? []).map(({ manager, operation, fieldsV1 }) => [
      operation === "Update" ? `${manager} (update)` : `${manager}`,
      fieldsV1,
    ]),
  );
}

const dataOf = (object: KubeObject) => (object as { data?: unknown }).data;
const containersOf = (object: KubeObject) =>
  (object as { spec?: { template?: { spec?: { containers?: { name: string }[] } } } }).spec?.template?.spec?.containers;

describe("two appliers of one ConfigMap, step by step", () => {
  const created = apply(undefined, configMap({ a: "1", b: "1" }), by("one"));

  it("creates", () => {
    expect(created).toEqual({
      ...configMap({ a: "1", b: "1" }),
      metadata: {
        name: "ssa",
        namespace: "demo",
        managedFields: [
          {
            manager: "one",
            operation: "Apply",
            apiVersion: "v1",
            time: now,
            fieldsType: "FieldsV1",
            fieldsV1: { "f:data": { "f:a": {}, "f:b": {} } },
          },
        ],
      },
    });
  });

  it("refuses another's value for an owned field", () => {
    expect(() => apply(created, configMap({ a: "2" }), by("two"))).toThrow(
      expect.objectContaining({
        code: 409,
        reason: "Conflict",
        message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
        details: { causes: [{ reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".data.a" }] },
      }),
    );
  });

  it("names every conflict", () => {
    expect(() => apply(created, configMap({ a: "2", b: "2" }), by("two"))).toThrow(
      'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b',
    );
  });

  it("shares a field with the same value", () => {
    const shared = apply(created, configMap({ a: "1" }), by("two"));
    expect(owners(shared)).toEqual({
      one: { "f:data": { "f:a": {}, "f:b": {} } },
      two: { "f:data": { "f:a": {} } },
    });
    // Who gives up a shared field leaves it to the other.
    const givenUp = apply(shared, configMap({ b: "1" }), by("one"));
    expect(dataOf(givenUp)).toEqual({ a: "1", b: "1" });
    expect(owners(givenUp)).toEqual({ one: { "f:data": { "f:b": {} } }, two: { "f:data": { "f:a": {} } } });
  });

  it("takes over with force, and removes what is given up", () => {
    const forced = apply(created, configMap({ a: "2" }), by("two", { force: true }));
    expect(dataOf(forced)).toEqual({ a: "2", b: "1" });
    expect(owners(forced)).toEqual({ one: { "f:data": { "f:b": {} } }, two: { "f:data": { "f:a": {} } } });
    // `data: {}` names the map itself, so it stays owned.
    const emptied = apply(forced, configMap(), by("one"));
    expect(dataOf(emptied)).toEqual({ a: "2" });
    expect(owners(emptied)).toEqual({ two: { "f:data": { "f:a": {} } } });
  });

  it("changes nothing when the same is applied again", () => {
    expect(apply(created, configMap({ b: "1", a: "1" }), by("one", { time: later }))).toEqual(created);
  });

  it("moves the time when something changes", () => {
    const changed = apply(created, configMap({ a: "2", b: "1" }), by("one", { time: later }));
    expect(changed.metadata?.managedFields?.[0]?.time).toBe(later);
  });
});

describe("appliers and updaters", () => {
  it("conflict, naming the updater's version", () => {
    const live = update(undefined, configMap({ a: "1" }), by("kubectl-edit"));
    expect(() => apply(live, configMap({ a: "2" }), by("one"))).toThrow(
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.a',
    );
  });

  it("leave each other's fields alone", () => {
    const live = update(undefined, configMap({ a: "1" }), by("controller"));
    const applied = apply(live, configMap({ b: "1" }), by("one"));
    expect(dataOf(applied)).toEqual({ a: "1", b: "1" });
    expect(dataOf(apply(applied, configMap(), by("one")))).toEqual({ a: "1" });
  });

  it("an update takes a field from its applier, who conflicts next time", () => {
    const created = apply(undefined, configMap({ a: "1" }), by("one"));
    const edited = update(created, { ...created, ...configMap({ a: "2" }) }, by("kubectl-edit"));
    expect(owners(edited)).toEqual({ "kubectl-edit (update)": { "f:data": { "f:a": {} } } });
    expect(() => apply(edited, configMap({ a: "1" }), by("one"))).toThrow(/conflict with "kubectl-edit" using v1/);
  });

  it("an object from before tracking belongs to before-first-apply", () => {
    const live = deepFreeze(decode(builtinSchemas, "core.v1.ConfigMap", configMap({ a: "1" })).object);
    const applied = apply(live, configMap({ b: "1" }), by("one"));
    expect(owners(applied)).toEqual({
      "before-first-apply (update)": { "f:data": { ".": {}, "f:a": {} } },
      one: { "f:data": { "f:b": {} } },
    });
  });
});

describe("lists", () => {
  const container = (name: string, rest: object = {}) => ({ name, image: `${name}:1`, ...rest });

  it("merge items by their keys, with the server's default for a part of one", () => {
    const created = apply(
      undefined,
      pods(container("a", { ports: [{ containerPort: 80 }, { containerPort: 53, protocol: "UDP" }] })),
      deploymentBy("one"),
    );
    expect(owners(created)).toEqual({
      one: {
        "f:spec": {
          "f:template": {
            "f:spec": {
              "f:containers": {
                'k:{"name":"a"}': {
                  ".": {},
                  "f:name": {},
                  "f:image": {},
                  "f:ports": {
                    'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} },
                    'k:{"containerPort":53,"protocol":"UDP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} },
                  },
                },
              },
            },
          },
        },
      },
    });
  });

  it("keep the items of others, and lose those given up", () => {
    const created = apply(undefined, pods(container("a"), container("b")), deploymentBy("one"));
    const both = apply(created, pods(container("c")), deploymentBy("two"));
    expect(containersOf(both)?.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    const fewer = apply(both, pods(container("b")), deploymentBy("one"));
    expect(containersOf(fewer)?.map(({ name }) => name)).toEqual(["b", "c"]);
  });

  it.each([
    [
      ["a", "b", "c"],
      ["x", "b"],
      ["a", "x", "b", "c"],
    ],
    [
      ["a", "b", "c"],
      ["c", "b"],
      ["a", "c", "b"],
    ],
    [["a"], ["b", "a", "c"], ["b", "a", "c"]],
  ])("of items %j, applied %j: %j", (live, applied, expected) => {
    const created = update(undefined, pods(...live.map((name) => container(name))), deploymentBy("one"));
    const merged = apply(created, pods(...applied.map((name) => container(name))), deploymentBy("two"));
    expect(containersOf(merged)?.map(({ name }) => name)).toEqual(expected);
  });

  it("conflict field by field", () => {
    const created = apply(undefined, pods(container("a", { args: ["x"] })), deploymentBy("one"));
    expect(() => apply(created, pods({ name: "a", args: ["y"] }), deploymentBy("two"))).toThrow(
      'conflict with "one": .spec.template.spec.containers[name="a"].args',
    );
  });

  it("that are sets hold each value once", () => {
    const first = apply(undefined, configMap(undefined, { finalizers: ["a", "b"] }), by("one"));
    const second = apply(first, configMap(undefined, { finalizers: ["c", "b"] }), by("two"));
    expect(second.metadata?.finalizers).toEqual(["a", "c", "b"]);
    const third = apply(second, configMap(undefined, { finalizers: [] }), by("one"));
    expect(third.metadata?.finalizers).toEqual(["c", "b"]);
    expect(owners(third)).toEqual({ two: { "f:metadata": { "f:finalizers": { 'v:"b"': {}, 'v:"c"': {} } } } });
  });
});

it("removes a struct that is given up with the defaults in it", () => {
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 2 } };
  const created = apply(undefined, deployment({ replicas: 1, strategy }), deploymentBy("one"));
  const defaulted = structuredClone(created) as KubeObject & { spec: { strategy: { rollingUpdate: object } } };
  defaulted.spec.strategy.rollingUpdate = { maxSurge: 2, maxUnavailable: "25%" };
  const without = apply(deepFreeze(defaulted), deployment({ replicas: 1 }), deploymentBy("one"));
  expect(without).toMatchObject({ spec: { replicas: 1, strategy: {} } });
  expect(without).not.toHaveProperty("spec.strategy.rollingUpdate");
});

it("owns nothing that the write resets", () => {
  const applied = { ...pods(), status: { replicas: 3 } };
  expect(owners(apply(undefined, applied, deploymentBy("one", { reset: ["status"] })))).toEqual({});
});

describe("from client-side to server-side apply", () => {
  const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
  const annotated = (data: object, annotation: object) =>
    configMap(data, { annotations: { [lastApplied]: JSON.stringify(annotation) } });

  it("lets kubectl take over what it had applied, and keeps the annotation in step", () => {
    const live = update(undefined, annotated({ a: "1" }, configMap({ a: "1" })), by("kubectl-client-side-apply"));
    const applied = apply(live, configMap({ a: "2" }), by("kubectl"));
    expect(dataOf(applied)).toEqual({ a: "2" });
    expect(applied.metadata?.annotations?.[lastApplied]).toBe(
      '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"ssa","namespace":"demo"}}\n',
    );
    expect(owners(applied)).toEqual({
      kubectl: { "f:data": { "f:a": {} } },
      "kubectl-client-side-apply (update)": {
        "f:data": {},
        "f:metadata": { "f:annotations": { ".": {}, [`f:${lastApplied}`]: {} } },
      },
    });
  });

  it("still conflicts over what somebody has changed since", () => {
    const live = update(
      undefined,
      annotated({ a: "1", b: "1" }, configMap({ a: "1", b: "1" })),
      by("kubectl-client-side-apply"),
    );
    const edited = update(live, { ...live, data: { a: "9", b: "1" } }, by("kubectl-edit"));
    expect(() => apply(edited, configMap({ a: "2", b: "2" }), by("kubectl"))).toThrow(
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.a',
    );
  });

  it("is not for other managers", () => {
    const live = update(undefined, annotated({ a: "1" }, configMap({ a: "1" })), by("kubectl-client-side-apply"));
    expect(() => apply(live, configMap({ a: "2" }), by("other"))).toThrow(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.a',
    );
  });
});

describe("a configuration that does not fit is refused", () => {
  const typed = "failed to create typed patch object (/web; apps/v1, Kind=Deployment): ";
  it.each<[unknown, number, string]>([
    [deployment({ foo: 1 }), 500, `${typed}.spec.foo: field not declared in schema`],
    [deployment({ replicas: "3" }), 500, `${typed}.spec.replicas: expected numeric (int or float), got string`],
    [
      pods({ name: "a", env: [{ name: "X", value: 1 }] }),
      500,
      `${typed}.spec.template.spec.containers[name="a"].env[name="X"].value: expected string, got &value.valueUnstructured{Value:1}`,
    ],
    [
      pods({ image: "x" }),
      500,
      `${typed}.spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn't have default value)`,
    ],
    [
      pods({ name: "a" }, { name: "a" }),
      500,
      `${typed}.spec.template.spec.containers: duplicate entries for key [name="a"]`,
    ],
    [
      deployment({ foo: 1, bar: 2 }),
      500,
      `${typed}errors:\n  .spec.foo: field not declared in schema\n  .spec.bar: field not declared in schema`,
    ],
    [
      { ...deployment({}), apiVersion: "apps/v1beta1" },
      400,
      "incorrect version specified in apply patch. Specified patch version: apps/v1beta1, expected: apps/v1",
    ],
    [
      { ...deployment({}), metadata: { name: "x", managedFields: [{ manager: "x" }] } },
      400,
      "metadata.managedFields must be nil",
    ],
    [[], 400, "error decoding YAML: json: cannot unmarshal array into Go value of type map[string]interface {}"],
    [
      pods({ name: "a", resources: { limits: { cpu: "lots" } } }),
      400,
      "Deployment in version \"v1\" cannot be handled as a Deployment: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])("%j", (applied, code, message) => {
    expect(() => apply(undefined, applied, deploymentBy("one"))).toThrow(expect.objectContaining({ code, message }));
  });
});
