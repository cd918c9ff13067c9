import { describe, expect, it } from "vitest";
import { parseYamlBody } from "./yaml.ts";

describe("parseYamlBody", () => {
  const values: [string, unknown][] = [
    ["a: yes\nb: off\nc: n\nd: Y\ne: 'no'", { a: true, b: false, c: false, d: true, e: "no" }],
    ["port: 22:22", { port: "22:22" }],
    ["day: 2001-12-14", { day: "2001-12-14" }],
    ["mode: 0644", { mode: 420 }],
    ["1: a\ntrue: b", { 1: "a", true: "b" }],
    ["base: &b {x: 1}\nmore: {<<: *b, z: 2}", { base: { x: 1 }, more: { x: 1, z: 2 } }],
    ["---\na: 1\n---\n", { a: 1 }],
    ["", undefined],
  ];
  it.each(values)("%j", async (text, expected) => {
    expect((await parseYamlBody(text)).value).toEqual(expected);
  });

  it("tells which keys were written twice", async () => {
    const parsed = await parseYamlBody("a: 1\nb:\n- {c: 1, c: 2}\na: 2\n");
    expect(parsed).toEqual({ value: { a: 2, b: [{ c: 2 }] }, duplicates: ["b[0].c", "a"] });
  });

  it.each([
    ["a: 1\nb: c: d\n", /^yaml: line 2: /],
    ["a: 'x\n", /^yaml: line \d: /],
    ["a: 1\n---\nb: 2\n", /^yaml: line [23]: a second document begins/],
    ["a: *nope", /^yaml: .*nope/],
  ])("refuses %j", async (text, message) => {
    await expect(parseYamlBody(text)).rejects.toThrow(message);
  });
});
