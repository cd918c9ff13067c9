import { describe, expect, it } from "vitest";
import { deepFreeze } from "../object.ts";
import {
  difference,
  equalSets,
  type FieldSet,
  intersection,
  isEmptySet,
  paths,
  union,
  withoutField,
} from "./field-set.ts";

const set = (json: string): FieldSet => deepFreeze(JSON.parse(json) as FieldSet);
const ab = set('{"f:a":{},"f:b":{}}');
const nested = set('{"f:a":{".":{},"f:x":{},"f:y":{}},"f:b":{"f:z":{}}}');

describe("operations", () => {
  it.each<[string, FieldSet, string]>([
    ["∅ ∪ ab", union(set("{}"), ab), '{"f:a":{},"f:b":{}}'],
    ["ab ∪ ∅", union(ab, set("{}")), '{"f:a":{},"f:b":{}}'],
    ["ab ∪ c", union(ab, set('{"f:c":{}}')), '{"f:a":{},"f:b":{},"f:c":{}}'],
    ["b ∪ b.z", union(set('{"f:b":{}}'), set('{"f:b":{"f:z":{}}}')), '{"f:b":{".":{},"f:z":{}}}'],
    ["b.z ∪ b", union(set('{"f:b":{"f:z":{}}}'), set('{"f:b":{}}')), '{"f:b":{".":{},"f:z":{}}}'],
    ["ab − ∅", difference(ab, set("{}")), '{"f:a":{},"f:b":{}}'],
    ["ab − a", difference(ab, set('{"f:a":{}}')), '{"f:b":{}}'],
    ["nested − a", difference(nested, set('{"f:a":{}}')), '{"f:a":{"f:x":{},"f:y":{}},"f:b":{"f:z":{}}}'],
    ["nested − a.x", difference(nested, set('{"f:a":{"f:x":{}}}')), '{"f:a":{".":{},"f:y":{}},"f:b":{"f:z":{}}}'],
    ["nested − b", difference(nested, set('{"f:b":{}}')), JSON.stringify(nested)],
    ["nested − b.z", difference(nested, set('{"f:b":{"f:z":{}}}')), '{"f:a":{".":{},"f:x":{},"f:y":{}}}'],
    ["nested − all below a", difference(nested, set('{"f:a":{"f:x":{},"f:y":{}}}')), '{"f:a":{},"f:b":{"f:z":{}}}'],
    ["nested − nested", difference(nested, nested), "{}"],
    ["nested ∩ ab", intersection(nested, ab), '{"f:a":{}}'],
    ["nested ∩ a.x", intersection(nested, set('{"f:a":{"f:x":{}}}')), '{"f:a":{"f:x":{}}}'],
    ["nested ∩ nested", intersection(nested, nested), JSON.stringify(nested)],
    ["nested without a", withoutField(nested, "a"), '{"f:b":{"f:z":{}}}'],
  ])("%s", (_, result, expected) => {
    expect(result).toEqual(JSON.parse(expected));
  });

  it("return the very set when nothing changes", () => {
    expect(difference(nested, set('{"f:c":{},"f:b":{}}'))).toBe(nested);
  });
});

it("lists the paths in the set, sorted", () => {
  expect(paths(nested)).toEqual([["f:a"], ["f:a", "f:x"], ["f:a", "f:y"], ["f:b", "f:z"]]);
});

it("compares whatever the order", () => {
  expect(equalSets(ab, set('{"f:b":{},"f:a":{}}'))).toBe(true);
  expect(equalSets(ab, set('{"f:b":{},"f:a":{".":{}, "f:x":{}}}'))).toBe(false);
  expect(isEmptySet(set("{}"))).toBe(true);
});
