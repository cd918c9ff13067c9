import { expect, test } from "vitest";
import { expand } from "./expand.ts";

test.each([
  ["plain", "plain"],
  ["$(A)", "one"],
  ["x$(A)-$(B)y", "xone-twoy"],
  ["$(UNKNOWN)", "$(UNKNOWN)"],
  ["$$(A)", "$(A)"],
  ["$$$(A)", "$one"],
  ["$$$$(A)", "$$(A)"],
  ["$A $", "$A $"],
  ["$(A", "$(A"],
  ["$()", "$()"],
])("%s → %s", (text, expected) => {
  expect(expand(text, (name) => ({ A: "one", B: "two" })[name])).toBe(expected);
});
