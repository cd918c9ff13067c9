import { describe, expect, it } from "vitest";
import { builtinSchemas } from "../../machinery/schema/builtin-schemas.ts";
import { decodeObject, decodePatch } from "./body.ts";

function decode(text: string, type?: string) {
  return decodeObject(Buffer.from(text), type, "ConfigMap", builtinSchemas);
}

describe("decodeObject", () => {
  it.each([
    ['{"a":1}', undefined],
    ['{"a":1}', "application/json; charset=utf-8"],
    ["a: 1", "application/yaml"],
  ])("reads %s as %s", async (text, type) => {
    expect(await decode(text, type)).toEqual({ value: { a: 1 }, duplicates: [] });
  });

  it("tells of fields written twice", async () => {
    expect((await decode('{"a":{"b":1,"b":2}}')).duplicates).toEqual(["a.b"]);
    expect((await decode("a: {b: 1, b: 2}", "application/yaml")).duplicates).toEqual(["a.b"]);
  });

  const refused: [string, string | undefined, number, string][] = [
    [
      '{"metadata":',
      undefined,
      400,
      `couldn't get version/kind; json parse error: unexpected end of JSON input ({"metadata":)`,
    ],
    ["", undefined, 400, "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"],
    ["", "application/yaml", 400, "couldn't get version/kind; the body holds no object (<empty>)"],
    [
      "[1,2]",
      undefined,
      400,
      "couldn't get version/kind; json parse error: json: cannot unmarshal array into an object (5b312c325d)",
    ],
    [
      "null",
      undefined,
      400,
      "couldn't get version/kind; json parse error: json: cannot unmarshal null into an object (6e756c6c)",
    ],
  ];
  it.each(refused)("refuses %j as %s", async (text, type, code, why) => {
    const message = `the object provided is unrecognized (must be of type ConfigMap): ${why}`;
    await expect(decode(text, type)).rejects.toMatchObject({ code, reason: "BadRequest", message });
  });

  it("names line and cause of wrong YAML", async () => {
    await expect(decode("a: 1\nb: [", "application/yaml")).rejects.toThrow(
      /json parse error: error converting YAML to JSON: yaml: line \d: .+ \(613a20310a623a205b\)$/,
    );
  });

  it("refuses other media types", async () => {
    await expect(decode("x=1", "application/x-www-form-urlencoded")).rejects.toMatchObject({
      code: 415,
      reason: "UnsupportedMediaType",
      message: expect.stringMatching(
        /^the body of the request was in an unknown format - accepted media types include:/,
      ),
    });
  });
});

describe("decodePatch", () => {
  it("reads JSON and YAML", async () => {
    expect((await decodePatch(Buffer.from('[{"op":"remove"}]'), "json")).value).toEqual([{ op: "remove" }]);
    expect((await decodePatch(Buffer.from('{"a":1}'), "yaml")).value).toEqual({ a: 1 });
    expect((await decodePatch(Buffer.from("a: yes"), "yaml")).value).toEqual({ a: true });
    expect((await decodePatch(Buffer.from("{a: 1}"), "yaml")).value).toEqual({ a: 1 });
  });

  it("refuses what is neither", async () => {
    await expect(decodePatch(Buffer.from("{"), "json")).rejects.toThrow(
      "error decoding patch: unexpected end of JSON input",
    );
    await expect(decodePatch(Buffer.from("a: [\n"), "yaml")).rejects.toThrow(/^error decoding YAML: yaml: line \d: /);
  });
});
