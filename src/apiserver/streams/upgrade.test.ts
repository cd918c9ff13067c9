import { describe, expect, test } from "vitest";
import { negotiate } from "./upgrade.ts";

describe("negotiate", () => {
  const spoken = ["v5", "v4"];
  test.each([
    ["the client's order decides", ["v4", "v5"], undefined, "v4"],
    ["what is not spoken is passed over", ["v6", "v5"], undefined, "v5"],
    ["none asked for", [], "v1", "v1"],
  ])("%s", (_name, asked, fallback, protocol) => {
    expect(negotiate(asked, spoken, fallback)).toBe(protocol);
  });

  test.each([
    [["v6", "v7"], "v1", "client supports [v6 v7], server accepts [v5 v4]"],
    [[], undefined, "client supports [], server accepts [v5 v4]"],
  ])("%j has nothing in common", (asked, fallback, message) => {
    expect(() => negotiate(asked, spoken, fallback)).toThrow(
      `unable to upgrade: unable to negotiate protocol: ${message}`,
    );
  });
});
