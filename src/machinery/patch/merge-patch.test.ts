import { describe, expect, it } from "vitest";
import { deepFreeze, type KubeObject } from "../object.ts";
import { mergePatch } from "./merge-patch.ts";

describe("the examples of RFC 7386", () => {
  it.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j + %j", (target, patch, expected) => {
    expect(mergePatch(deepFreeze(target) as KubeObject, patch)).toEqual(expected);
  });
});

it("keeps a key called __proto__ to itself", () => {
  const patched = mergePatch({}, JSON.parse('{"data":{"__proto__":{"polluted":"yes"}}}'));
  expect(JSON.stringify(patched)).toBe('{"data":{"__proto__":{"polluted":"yes"}}}');
  expect(Object.getPrototypeOf((patched as { data?: object }).data)).toBe(Object.prototype);
});

it("refuses what is not an object", () => {
  expect(() => mergePatch({}, [1])).toThrow(
    expect.objectContaining({
      code: 400,
      message: "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    }),
  );
});
