import { describe, expect, it } from "vitest";
import type { KubeObject } from "../object.ts";
import { deepFreeze } from "../object.ts";
import { jsonPatch } from "./json-patch.ts";

const target = deepFreeze({ data: { a: "1", "b/c": "2", "~": "3" }, list: [1, 2, 3], nothing: null }) as KubeObject;

describe("the examples of RFC 6902 and their like", () => {
  it.each([
    [[{ op: "add", path: "/data/z", value: "9" }], { data: { a: "1", "b/c": "2", "~": "3", z: "9" } }],
    [[{ op: "add", path: "/data/a", value: "9" }], { data: { a: "9", "b/c": "2", "~": "3" } }],
    [[{ op: "remove", path: "/data/b~1c" }], { data: { a: "1", "~": "3" } }],
    [[{ op: "replace", path: "/data/~0", value: null }], { data: { a: "1", "b/c": "2", "~": null } }],
    [[{ op: "add", path: "/list/1", value: 9 }], { list: [1, 9, 2, 3] }],
    [[{ op: "add", path: "/list/-", value: 9 }], { list: [1, 2, 3, 9] }],
    [[{ op: "add", path: "/list/3", value: 9 }], { list: [1, 2, 3, 9] }],
    [[{ op: "remove", path: "/list/0" }], { list: [2, 3] }],
    [[{ op: "replace", path: "/list/2", value: 9 }], { list: [1, 2, 9] }],
    [[{ op: "move", from: "/list/0", path: "/list/2" }], { list: [2, 3, 1] }],
    [[{ op: "copy", from: "/data/a", path: "/list/0" }], { list: ["1", 1, 2, 3] }],
    [
      [
        { op: "test", path: "/data/a", value: "1" },
        { op: "test", path: "/data/absent", value: null },
        { op: "test", path: "/nothing" },
        { op: "remove", path: "/list" },
      ],
      { list: undefined },
    ],
    [
      [{ op: "add", path: "/data/__proto__", value: "x" }],
      { data: JSON.parse('{"a":"1","b/c":"2","~":"3","__proto__":"x"}') },
    ],
  ])("%j", (operations, expected) => {
    const patched = jsonPatch(target, operations);
    expect(JSON.parse(JSON.stringify(patched))).toEqual(JSON.parse(JSON.stringify({ ...target, ...expected })));
  });

  it("may replace the whole document", () => {
    expect(
      jsonPatch(target, [
        { op: "replace", path: "/data", value: {} },
        { op: "add", path: "", value: { kind: "X" } },
      ]),
    ).toEqual({ kind: "X" });
  });
});

describe("what does not fit is refused with 422 and Kubernetes' sentence", () => {
  it.each([
    [{ op: "replace", path: "/data/zz/y", value: 1 }],
    [{ op: "replace", path: "/data/zz", value: 1 }],
    [{ op: "remove", path: "/data/zz" }],
    [{ op: "test", path: "/data/a", value: "nope" }],
    [{ op: "test", path: "/absent/a", value: null }],
    [{ op: "add", path: "/list/4", value: 1 }],
    [{ op: "add", path: "/list/01", value: 1 }],
    [{ op: "add", path: "/list/x", value: 1 }],
    [{ op: "add", path: "/data/a/b", value: 1 }],
    [{ op: "add", path: "/data/a" }],
    [{ op: "add", path: "data", value: 1 }],
    [{ op: "remove", path: "" }],
    [{ op: "remove", path: "/constructor" }],
    [{ op: "remove", path: "/data/__proto__" }],
    [{ op: "move", from: "/data", path: "/data/a" }],
    [{ op: "copy", from: "/absent", path: "/data/a" }],
    [{ op: "frobnicate", path: "/data/a" }],
    [{}],
  ])("%j", (operation) => {
    expect(() => jsonPatch(target, [operation])).toThrow(
      expect.objectContaining({
        code: 422,
        reason: "Invalid",
        message: "the server rejected our request due to an error in our request",
      }),
    );
  });
});

it.each([
  [{}, 400, "json: cannot unmarshal object into Go value of type jsonpatch.Patch"],
  [[1], 400, "json: cannot unmarshal number into Go value of type jsonpatch.Operation"],
  [
    Array.from({ length: 10_001 }, () => ({})),
    413,
    "The allowed maximum operations in a JSON patch is 10000, got 10001",
  ],
])("refuses what is no JSON Patch (case %#)", (operations, code, message) => {
  expect(() => jsonPatch(target, operations)).toThrow(expect.objectContaining({ code, message }));
});
