import { describe, expect, it } from "vitest";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  quantityMilliValue,
  quantityValue,
  subtractQuantities,
} from "./quantity.ts";

describe("the canonical form", () => {
  it.each([
    ["0", "0"],
    ["0Mi", "0"],
    ["1", "1"],
    ["100m", "100m"],
    ["1000m", "1"],
    ["0.5", "500m"],
    [".5", "500m"],
    ["1.", "1"],
    ["+1", "1"],
    ["-0.25", "-250m"],
    ["1500", "1500"],
    ["1000", "1k"],
    ["0.1m", "100u"],
    ["0.0000000001", "1n"],
    ["1024", "1024"],
    ["1Ki", "1Ki"],
    ["1024Ki", "1Mi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["1.1Ki", "1127"],
    ["-2048Mi", "-2Gi"],
    ["128M", "128M"],
    ["1e3", "1e3"],
    ["12E2", "1200"],
    ["1e-3", "1e-3"],
    ["1E", "1E"],
    ["1Ei", "1Ei"],
    ["100E", "9223372036854775807"],
    ["1e999", "9223372036854775807"],
    ["1e-999", "1e-9"],
  ])("of %s is %s", (written, printed) => {
    expect(canonicalQuantity(written)).toBe(printed);
    expect(canonicalQuantity(printed)).toBe(printed);
  });
});

describe("a malformed quantity is refused", () => {
  const format = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  it.each([
    ["", format],
    ["lots", format],
    ["1 Gi", format],
    ["1..2", format],
    [".", format],
    ["1.2.3", format],
    ["0x10", format],
    ["1Kim", "unable to parse quantity's suffix"],
    ["1mM", "unable to parse quantity's suffix"],
    ["1e", "unable to parse quantity's suffix"],
    ["1K", "unable to parse quantity's suffix"],
  ])("%j", (text, message) => {
    expect(() => canonicalQuantity(text)).toThrow(message);
  });
});

it("compares across units", () => {
  expect(compareQuantities("1", "1000m")).toBe(0);
  expect(compareQuantities("1Gi", "1G")).toBe(1);
  expect(compareQuantities("-1", "1n")).toBe(-1);
});

it("adds and subtracts in the format of the first operand", () => {
  expect(addQuantities("500m", "1")).toBe("1500m");
  expect(addQuantities("0", "1Gi")).toBe("1Gi");
  expect(addQuantities("512Mi", "512Mi")).toBe("1Gi");
  expect(subtractQuantities("1Gi", "512Mi")).toBe("512Mi");
  expect(subtractQuantities("1", "1500m")).toBe("-500m");
});

it("gives whole and thousandth units, rounded away from zero", () => {
  expect(quantityValue("1.5Gi")).toBe(1610612736);
  expect(quantityValue("100m")).toBe(1);
  expect(quantityValue("-100m")).toBe(-1);
  expect(quantityMilliValue("0.25")).toBe(250);
  expect(quantityMilliValue("2")).toBe(2000);
});
