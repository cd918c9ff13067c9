import { expect, test } from "vitest";
import { canonicalJson, fnv1a, nameHash } from "./fnv-hash.ts";

test.each([
  ["", 0x811c9dc5],
  ["a", 0xe40c292c],
  ["foobar", 0xbf9cf968],
])("FNV-1a of %j is %d", (text, hash) => {
  expect(fnv1a(text)).toBe(hash);
});

test("the order of keys and absent fields make no difference", () => {
  expect(canonicalJson({ b: 1, a: { d: [2, { z: 1, y: undefined }], c: null } })).toBe(
    '{"a":{"c":null,"d":[2,{"z":1}]},"b":1}',
  );
});

test("a hash is made of harmless characters, and another after a collision", () => {
  const value = { containers: [{ name: "c", image: "a:1" }] };
  expect(nameHash(value)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  expect(nameHash(value)).toBe(nameHash(structuredClone(value)));
  expect(new Set([nameHash(value), nameHash(value, 1), nameHash(value, 2)]).size).toBe(3);
});
