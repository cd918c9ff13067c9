import { expect, it } from "vitest";
import { duplicateJsonKeys } from "./duplicate-json-keys.ts";

it.each([
  ["{}", []],
  ['{"a":1,"b":{"a":2},"c":["a","a"]}', []],
  ['{"a":1,"a":2}', ["a"]],
  ['{"a":{"b":[{"c":1},{"c":1,"d":"x","c":{}}]}}', ["a.b[1].c"]],
  ['{"a\\"":1,"a":"\\\\","a\\"":2}', ['a"']],
  ['{"a":"\\"a\\":","b":[[1],[2]],"a":3}', ["a"]],
  ['[{"a":1},{"a":1}]', []],
  ['{"a":1,"\\u0061":2}', ["a"]],
])("%s", (text, expected) => {
  expect(() => JSON.parse(text)).not.toThrow();
  expect(duplicateJsonKeys(text)).toEqual(expected);
});
