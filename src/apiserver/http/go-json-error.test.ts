import { describe, expect, it } from "vitest";
import { describeJsonError } from "./go-json-error.ts";

const cases: [string, string][] = [
  ["", "unexpected end of JSON input"],
  ['{"metadata":', "unexpected end of JSON input"],
  ['{"a":1}}', "invalid character '}' after top-level value"],
  ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["[1,]", "invalid character ']' looking for beginning of value"],
  ["apiVersion: v1", "invalid character 'a' looking for beginning of value"],
  ["tru1", "invalid character '1' in literal true (expecting 'e')"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ["-x", "invalid character 'x' in numeric literal"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["1e+", "unexpected end of JSON input"],
  ["01", "invalid character '1' after top-level value"],
];

describe("describeJsonError", () => {
  it.each(cases)("%j", (text, expected) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(describeJsonError(text)).toBe(expected);
  });
});
