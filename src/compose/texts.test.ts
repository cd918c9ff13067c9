/** The small languages inside a Compose file. */
import { describe, expect, test } from "vitest";
import { parseDuration } from "./duration.ts";
import { parseEnvFile } from "./env-file.ts";
import { escapeExpansion, labelFrom } from "./names.ts";
import { shellWords } from "./shell-words.ts";

describe("shellWords", () => {
  test.each([
    ["nginx -g 'daemon off;'", ["nginx", "-g", "daemon off;"]],
    ['sh -c "echo \\"hi\\" $HOME"', ["sh", "-c", 'echo "hi" $HOME']],
    ["  a   b\t c\n", ["a", "b", "c"]],
    ["a\\ b 'it'\\''s' x''y", ["a b", "it's", "xy"]],
    ["'' \"\"", ["", ""]],
    ['"a\\nb"', ["a\\nb"]],
    ["", []],
  ])("%s", (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  test.each(["'open", 'a "b'])("%s is not closed", (line) => {
    expect(() => shellWords(line)).toThrow("is not closed");
  });
});

describe("parseDuration", () => {
  test.each([
    ["10s", 10],
    ["1m30s", 90],
    ["1.5s", 1.5],
    ["500ms", 0.5],
    ["2h", 7200],
    ["10", undefined],
    ["s", undefined],
    ["", undefined],
    ["1 m", undefined],
  ])("%s", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});

describe("parseEnvFile", () => {
  const read = (text: string) => Object.fromEntries(parseEnvFile(text, (name) => ({ OUTSIDE: "out" })[name]));

  test.each([
    ["A=1\nB = two words \n", { A: "1", B: "two words" }],
    ["# comment\n\nexport A=1 # more\nB=a#b\n", { A: "1", B: "a#b" }],
    ["A='$OUTSIDE \\n'\nB=\"$OUTSIDE\\n\"\n", { A: "$OUTSIDE \\n", B: "out\n" }],
    ["A=1\r\nB=${A}2\r\nC=${MISSING:-d}", { A: "1", B: "12", C: "d" }],
    ["OUTSIDE\nMISSING\n", { OUTSIDE: "out" }],
    ["A=\nB=''", { A: "", B: "" }],
    ["A=b=c", { A: "b=c" }],
  ])("%j", (text, variables) => {
    expect(read(text)).toEqual(variables);
  });

  test.each([
    ["A=1\nnot a variable", "line 2 is no NAME=VALUE"],
    ["A='x", "line 1 has a quote that is not closed"],
  ])("%j is an error", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe("names", () => {
  test.each([
    ["web", "web"],
    ["My_App.v2", "my-app-v2"],
    ["1st-", "st"],
    ["__", ""],
    ["a".repeat(62) + "-b", "a".repeat(62)],
  ])("%s becomes %s", (name, label) => {
    expect(labelFrom(name)).toBe(label);
  });

  test("what Kubernetes would expand is escaped", () => {
    expect(escapeExpansion("$(date) $HOME $$(x)")).toBe("$$(date) $HOME $$$(x)");
  });
});
