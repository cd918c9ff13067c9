import { describe, expect, it } from "vitest";
import { deepFreeze, type KubeObject } from "../object.ts";
import { builtinSchemas } from "../schema/builtin-schemas.ts";
import { strategicMergePatch } from "./strategic-merge-patch.ts";

const patched = (target: object, patch: unknown, schema = "core.v1.Pod") =>
  strategicMergePatch(deepFreeze(structuredClone(target)) as KubeObject, patch, builtinSchemas, schema);

const names = (object: KubeObject): string[] =>
  (object as { spec: { containers: { name: string }[] } }).spec.containers.map(({ name }) => name);

const pod = (...containers: object[]) => ({ spec: { containers } });
const [a, b, c] = ["a", "b", "c"].map((name) => ({ name, image: `${name}:1` }));

describe("merging", () => {
  it.each<[string, object, unknown, object, string?]>([
    [
      "maps",
      { metadata: { labels: { a: "1", b: "2" } } },
      { metadata: { labels: { a: null, c: "3" } } },
      { metadata: { labels: { b: "2", c: "3" } } },
    ],
    [
      "list items by their key",
      pod({ name: "a", image: "a:1", env: [{ name: "X", value: "1" }] }),
      pod({ name: "a", image: "a:2", env: [{ name: "Y", value: "2" }] }),
      pod({
        name: "a",
        image: "a:2",
        env: [
          { name: "Y", value: "2" },
          { name: "X", value: "1" },
        ],
      }),
    ],
    [
      "an atomic list, whole",
      { spec: { tolerations: [{ key: "a" }] } },
      { spec: { tolerations: [{ key: "b" }] } },
      { spec: { tolerations: [{ key: "b" }] } },
    ],
    [
      "a list of words, whole",
      pod({ name: "a", args: ["x", "y"] }),
      pod({ name: "a", args: ["z"] }),
      pod({ name: "a", args: ["z"] }),
    ],
    [
      "a set of words, item by item",
      { metadata: { finalizers: ["a", "b"] } },
      { metadata: { finalizers: ["c", "b"] } },
      { metadata: { finalizers: ["c", "a", "b"] } },
    ],
    [
      "ports by number, whatever the protocol",
      { spec: { ports: [{ port: 53, protocol: "UDP" }, { port: 80 }] } },
      { spec: { ports: [{ port: 53, name: "dns" }] } },
      { spec: { ports: [{ port: 53, protocol: "UDP", name: "dns" }, { port: 80 }] } },
      "core.v1.Service",
    ],
    [
      "nothing where there was nothing",
      {},
      { spec: { containers: [{ name: "a", env: [{ name: "X", $patch: "delete" }] }], nodeName: null } },
      { spec: { containers: [{ name: "a", env: [] }] } },
    ],
  ])("%s", (_, target, patch, expected, schema) => {
    expect(patched(target, patch, schema)).toEqual(expected);
  });
});

describe("directives", () => {
  it.each<[string, object, unknown, object, string?]>([
    [
      "$patch: delete of an item",
      pod({ name: "a" }, { name: "b" }),
      pod({ name: "a", $patch: "delete" }),
      pod({ name: "b" }),
    ],
    [
      "$patch: delete of an item that is not there",
      pod({ name: "a" }),
      pod({ name: "z", $patch: "delete" }),
      pod({ name: "a" }),
    ],
    [
      "$patch: replace of a list",
      pod({ name: "a" }, { name: "b" }),
      pod({ $patch: "replace" }, { name: "c" }),
      pod({ name: "c" }),
    ],
    [
      "$patch: replace of a map",
      { metadata: { labels: { a: "1" } } },
      { metadata: { labels: { $patch: "replace", b: "2" } } },
      { metadata: { labels: { b: "2" } } },
    ],
    [
      "$patch: delete of a map",
      { metadata: { labels: { a: "1" } } },
      { metadata: { labels: { $patch: "delete" } } },
      { metadata: { labels: {} } },
    ],
    [
      "$deleteFromPrimitiveList",
      { metadata: { finalizers: ["a", "b", "c"] } },
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a", "z"], finalizers: ["d"] } },
      { metadata: { finalizers: ["d", "b", "c"] } },
    ],
    [
      "$retainKeys",
      { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } },
      { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
      { spec: { strategy: { type: "Recreate" } } },
      "apps.v1.Deployment",
    ],
    [
      "$retainKeys in a list item",
      { spec: { volumes: [{ name: "v", emptyDir: {} }] } },
      { spec: { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/x" } }] } },
      { spec: { volumes: [{ name: "v", hostPath: { path: "/x" } }] } },
    ],
  ])("%s", (_, target, patch, expected, schema) => {
    expect(patched(target, patch, schema)).toEqual(expected);
  });
});

describe("the order of a merged list", () => {
  it.each([
    ["new items come first", [a, b], { containers: [{ name: "n" }] }, ["n", "a", "b"]],
    ["changed items stay where they are", [a, b, c], { containers: [{ name: "b", image: "x" }] }, ["a", "b", "c"]],
    [
      "$setElementOrder puts them in order",
      [a, b, c],
      { containers: [{ name: "n" }], "$setElementOrder/containers": [{ name: "c" }, { name: "n" }, { name: "a" }] },
      // What the list does not name keeps its place before what it stood before.
      ["b", "c", "n", "a"],
    ],
    [
      "$setElementOrder alone reorders",
      [a, b],
      { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] },
      ["b", "a"],
    ],
    [
      "$setElementOrder with a deletion",
      [a, b, c],
      { containers: [{ name: "a", $patch: "delete" }], "$setElementOrder/containers": [{ name: "c" }, { name: "b" }] },
      ["c", "b"],
    ],
  ])("%s", (_, containers, spec, expected) => {
    expect(names(patched({ spec: { containers } }, { spec }))).toEqual(expected);
  });
});

describe("a malformed patch is refused", () => {
  it.each([
    [[], 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"],
    [pod({ image: "x" }), 500, "map: map[image:x] does not contain declared merge key: name"],
    [{ spec: { $patch: "frobnicate" } }, 500, "unknown patch type: frobnicate in map: map[$patch:frobnicate]"],
    [{ spec: { $retainKeys: ["a"], nodeName: "x" } }, 400, "invalid patch format of retainKeys"],
    [{ spec: { "$setElementOrder/containers": 1 } }, 400, "invalid patch format of setElementOrder list"],
  ])("%j", (patch, code, message) => {
    expect(() => patched(pod({ name: "a" }), patch)).toThrow(expect.objectContaining({ code, message }));
  });
});
