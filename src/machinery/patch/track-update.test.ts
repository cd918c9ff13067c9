import { describe, expect, it } from "vitest";
import { deepFreeze, type KubeObject } from "../object.ts";
import { builtinSchemas } from "../schema/builtin-schemas.ts";
import { decode } from "../schema/decode.ts";
import { trackUpdate, type UpdateOwner } from "./track-update.ts";

const owner = (manager: string, time = "2026-01-01T00:00:00Z", rest: Partial<UpdateOwner> = {}): UpdateOwner => ({
  manager,
  apiVersion: "v1",
  time,
  source: builtinSchemas,
  schemaName: "core.v1.ConfigMap",
  ...rest,
});

/** Writes `next` over `old` and returns it, frozen as the store does. */
function write(old: KubeObject | undefined, next: object, by: UpdateOwner): KubeObject {
  const object = decode(builtinSchemas, by.schemaName, next).object;
  trackUpdate(old, object, by);
  return deepFreeze(object);
}

const entry = (manager: string, fieldsV1: object, time = "2026-01-01T00:00:00Z") => ({
  manager,
  operation: "Update",
  apiVersion: "v1",
  time,
  fieldsType: "FieldsV1",
  fieldsV1,
});

const configMap = (data: object, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "x", namespace: "default", uid: "1", ...metadata },
  data,
});

describe("creating", () => {
  it("owns what was written, not what identifies the object", () => {
    const created = write(undefined, configMap({ a: "1" }, { labels: { l: "1" } }), owner("one"));
    expect(created.metadata?.managedFields).toEqual([
      entry("one", { "f:metadata": { "f:labels": { ".": {}, "f:l": {} } }, "f:data": { ".": {}, "f:a": {} } }),
    ]);
  });

  it("records nothing for an object without fields", () => {
    expect(write(undefined, configMap({}), owner("one")).metadata).not.toHaveProperty("managedFields");
  });

  it("calls a client without a name unknown", () => {
    expect(write(undefined, configMap({ a: "1" }), owner("")).metadata?.managedFields?.[0]?.manager).toBe("unknown");
  });

  it("tells list items apart by their keys and structs that are always there from others", () => {
    const deployment = write(
      undefined,
      {
        metadata: { name: "web" },
        spec: {
          replicas: 1,
          selector: { matchLabels: { a: "b" } },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%" } },
          template: {
            metadata: { labels: { a: "b" } },
            spec: {
              containers: [{ name: "c", image: "i", ports: [{ containerPort: 80, protocol: "TCP" }], args: ["x"] }],
              securityContext: {},
              nodeSelector: {},
            },
          },
        },
      },
      owner("kubectl-create", undefined, { schemaName: "apps.v1.Deployment", apiVersion: "apps/v1" }),
    );
    expect(deployment.metadata?.managedFields?.[0]?.fieldsV1).toEqual({
      "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:strategy": { "f:type": {}, "f:rollingUpdate": { ".": {}, "f:maxSurge": {} } },
        "f:template": {
          "f:metadata": { "f:labels": { ".": {}, "f:a": {} } },
          "f:spec": {
            "f:containers": {
              'k:{"name":"c"}': {
                ".": {},
                "f:name": {},
                "f:image": {},
                "f:args": {},
                "f:resources": {},
                "f:ports": {
                  ".": {},
                  'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} },
                },
              },
            },
            "f:securityContext": {},
          },
        },
      },
    });
  });
});

describe("updating", () => {
  const created = write(undefined, configMap({ a: "1", b: "1" }), owner("one"));
  const again = (data: object, metadata: object = {}) =>
    configMap(data, { managedFields: created.metadata?.managedFields, ...metadata });
  const later = "2026-01-01T00:01:00Z";

  it.each<[string, object, string, object[]]>([
    [
      "nothing: not even the time",
      { a: "1", b: "1" },
      "two",
      [entry("one", { "f:data": { ".": {}, "f:a": {}, "f:b": {} } })],
    ],
    [
      "a field of another's: it changes hands",
      { a: "2", b: "1" },
      "two",
      [entry("one", { "f:data": { ".": {}, "f:b": {} } }), entry("two", { "f:data": { "f:a": {} } }, later)],
    ],
    [
      "an own field: only the time",
      { a: "2", b: "1" },
      "one",
      [entry("one", { "f:data": { ".": {}, "f:a": {}, "f:b": {} } }, later)],
    ],
    [
      "a new field",
      { a: "1", b: "1", c: "1" },
      "two",
      [entry("one", { "f:data": { ".": {}, "f:a": {}, "f:b": {} } }), entry("two", { "f:data": { "f:c": {} } }, later)],
    ],
    ["removing a field: nobody owns it", { b: "1" }, "two", [entry("one", { "f:data": { ".": {}, "f:b": {} } })]],
  ])("%s", (_, data, manager, expected) => {
    expect(write(created, again(data), owner(manager, later)).metadata?.managedFields).toEqual(expected);
  });

  it("removing everything leaves no entries", () => {
    expect(write(created, again({}), owner("two", later)).metadata).not.toHaveProperty("managedFields");
  });

  it("keeps the old entries when the client sends none, or nonsense", () => {
    const expected = created.metadata?.managedFields;
    expect(write(created, configMap({ a: "1", b: "1" }), owner("two")).metadata?.managedFields).toEqual(expected);
    const nonsense = { managedFields: [{ manager: "x", operation: "Frobnicate" }] };
    expect(write(created, configMap({ a: "1", b: "1" }, nonsense), owner("two")).metadata?.managedFields).toEqual(
      expected,
    );
  });

  it("takes the entries that the client has changed", () => {
    const mine = { ...entry("kubectl", { "f:data": { "f:a": {} } }), operation: "Apply" };
    const next = again({ a: "1", b: "1" }, { managedFields: [mine] });
    expect(write(created, next, owner("two")).metadata?.managedFields).toEqual([mine]);
  });

  it("forgets all of them for one empty entry", () => {
    const next = again({ a: "1", b: "1" }, { managedFields: [{}] });
    expect(write(created, next, owner("two")).metadata).not.toHaveProperty("managedFields");
  });

  it("unites the oldest beyond ten managers", () => {
    let object = write(undefined, configMap({ k0: "x" }), owner("m00"));
    for (let number = 1; number < 14; number++) {
      const data = { ...(object as { data?: object }).data, [`k${number}`]: "x" };
      const time = `2026-01-01T00:00:${String(number).padStart(2, "0")}Z`;
      object = write(object, configMap(data), owner(`m${String(number).padStart(2, "0")}`, time));
    }
    const entries = object.metadata?.managedFields ?? [];
    expect(entries.map(({ manager }) => manager)).toEqual([
      "ancient-changes",
      "m05",
      "m06",
      "m07",
      "m08",
      "m09",
      "m10",
      "m11",
      "m12",
      "m13",
    ]);
    expect(entries[0]?.fieldsV1).toEqual({
      "f:data": { ".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}, "f:k3": {}, "f:k4": {} },
    });
  });
});

describe("subresources", () => {
  const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "c" }] } };
  const podOwner = (manager: string, subresource?: string) =>
    owner(manager, "2026-01-01T00:00:00Z", { schemaName: "core.v1.Pod", ...(subresource && { subresource }) });

  it("have entries of their own, and their clients cannot change others'", () => {
    const created = write(undefined, pod, podOwner("kubelet"));
    const status = {
      conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
    };
    const next = { ...pod, status, metadata: { ...pod.metadata, managedFields: [{}] } };
    const updated = write(created, next, podOwner("kubelet", "status"));
    expect(updated.metadata?.managedFields).toEqual([
      ...(created.metadata?.managedFields ?? []),
      {
        ...entry("kubelet", {
          "f:status": {
            "f:conditions": {
              ".": {},
              'k:{"type":"PodScheduled"}': { ".": {}, "f:lastTransitionTime": {}, "f:status": {}, "f:type": {} },
            },
          },
        }),
        subresource: "status",
      },
    ]);
  });

  it("cannot own what the write resets", () => {
    const created = write(
      undefined,
      { ...pod, status: { phase: "Running" } },
      { ...podOwner("kubectl"), reset: ["status"] },
    );
    expect(Object.keys(created.metadata?.managedFields?.[0]?.fieldsV1 ?? {})).toEqual(["f:spec"]);
  });
});
