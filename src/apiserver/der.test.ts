import { describe, expect, it } from "vitest";
import { der, objectIdentifier, time } from "./der.ts";

describe("DER", () => {
  it.each([
    [0, "0400"],
    [127, `047f${"00".repeat(127)}`],
    [128, `048180${"00".repeat(128)}`],
    [300, `0482012c${"00".repeat(300)}`],
  ])("writes the length %d", (length, hex) => {
    expect(der(0x04, Buffer.alloc(length)).toString("hex")).toBe(hex);
  });

  it.each([
    ["2.5.4.3", "0603550403"],
    ["1.2.840.10045.4.3.2", "06082a8648ce3d040302"],
    ["1.3.6.1.5.5.7.3.1", "06082b06010505070301"],
  ])("writes the object identifier %s", (dotted, hex) => {
    expect(objectIdentifier(dotted).toString("hex")).toBe(hex);
  });

  it.each([
    [Date.UTC(2026, 10, 21, 14, 34, 12, 345), 0x17, "261121143412Z"],
    [Date.UTC(2049, 11, 31, 23, 59, 59), 0x17, "491231235959Z"],
    [Date.UTC(2050, 0, 1), 0x18, "20500101000000Z"],
  ])("writes the time %d", (at, tag, text) => {
    const bytes = time(new Date(at));
    expect(bytes[0]).toBe(tag);
    expect(bytes.subarray(2).toString("latin1")).toBe(text);
  });
});
