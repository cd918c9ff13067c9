import { describe, expect, test } from "vitest";
import { InterpolationError, interpolate } from "./interpolate.ts";

const variables: Record<string, string> = { NAME: "value", EMPTY: "", Other_1: "x" };
const run = (text: string) =>
  interpolate(
    text,
    (name) => variables[name],
    (name) => `<${name}>`,
  );

describe("interpolate", () => {
  test.each([
    ["plain", "plain"],
    ["", ""],
    ["$NAME", "value"],
    ["a-${NAME}-b-$Other_1.c", "a-value-b-x.c"],
    ["$$NAME $$ ${NAME}", "$NAME $ value"],
    ["${MISSING}", "<MISSING>"],
    ["$MISSING", "<MISSING>"],
    ["${EMPTY}", ""],
    ["${EMPTY:-default}", "default"],
    ["${EMPTY-default}", ""],
    ["${MISSING:-default}", "default"],
    ["${MISSING-default}", "default"],
    ["${NAME:-default}", "value"],
    ["${MISSING:-}", ""],
    ["${MISSING:-a:-b?c}", "a:-b?c"],
    ["${MISSING:-${EMPTY:-${NAME}}}!", "value!"],
    ["${MISSING:-{}}", "{}"],
    ["${NAME:+there}", "there"],
    ["${EMPTY:+there}", ""],
    ["${EMPTY+there}", "there"],
    ["${MISSING+there}", ""],
    ["${NAME:?no}", "value"],
    ["${EMPTY?no}", ""],
  ])("%s", (text, expected) => {
    expect(run(text)).toBe(expected);
  });

  test.each([
    ["${MISSING:?say it}", "required variable MISSING is missing a value: say it"],
    ["${EMPTY:?say $NAME}", "required variable EMPTY is missing a value: say value"],
    ["${MISSING?}", "required variable MISSING is missing a value"],
    ["${NAME", "invalid interpolation format"],
    ["${}", "invalid interpolation format"],
    ["${1A}", "invalid interpolation format"],
    ["${NAME!x}", "invalid interpolation format"],
    ["costs 5$", "You may need to escape any $ with another $"],
    ["$1", "invalid interpolation format"],
  ])("%s is an error", (text, message) => {
    expect(() => run(text)).toThrow(InterpolationError);
    expect(() => run(text)).toThrow(message);
  });
});
