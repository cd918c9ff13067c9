import { describe, expect, it } from "vitest";
import { listQuery, parseFieldSelector, watchQuery } from "./list-options.ts";

function list(text: string) {
  return listQuery(new URLSearchParams(text), "demo");
}

function watch(text: string) {
  return watchQuery(new URLSearchParams(text), undefined);
}

describe("listQuery", () => {
  it("takes every parameter over", () => {
    expect(list("labelSelector=a%3Db&fieldSelector=metadata.name%3Dx&limit=5&continue=tok")).toEqual({
      namespace: "demo",
      labelSelector: [{ key: "a", operator: "=", values: ["b"] }],
      fieldSelector: [{ field: "metadata.name", operator: "=", value: "x" }],
      limit: 5,
      continue: "tok",
    });
    expect(list("resourceVersion=7&resourceVersionMatch=Exact")).toEqual({
      namespace: "demo",
      resourceVersion: "7",
      resourceVersionMatch: "Exact",
    });
    expect(list("limit=0&resourceVersion=")).toEqual({ namespace: "demo" });
    expect(listQuery(new URLSearchParams(), undefined, "x")).toEqual({
      fieldSelector: [{ field: "metadata.name", operator: "=", value: "x" }],
    });
  });

  const refused: [string, number, string][] = [
    ["limit=abc", 400, 'strconv.ParseInt: parsing "abc": invalid syntax'],
    ["fieldSelector=what", 400, "invalid selector: 'what'; can't understand 'what'"],
    ["labelSelector=a+in+(b", 400, "unable to parse requirement: found '', expected: ',' or ')'"],
    [
      "resourceVersion=abc",
      500,
      'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      "resourceVersionMatch=Exact",
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      "resourceVersionMatch=Exact&resourceVersion=0",
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      "sendInitialEvents=true",
      422,
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    ],
  ];
  it.each(refused)("%s", (text, code, message) => {
    expect(() => list(text)).toThrow(expect.objectContaining({ code, message }));
  });
});

describe("watchQuery", () => {
  it("takes every parameter over", () => {
    expect(
      watch(
        "watch=1&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=30&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
      ),
    ).toEqual({ resourceVersion: "5", allowBookmarks: true, timeoutSeconds: 30, sendInitialEvents: true });
    expect(watch("watch=1&allowWatchBookmarks=false")).toEqual({});
  });

  it.each([
    ["sendInitialEvents=true", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"],
    [
      "resourceVersionMatch=NotOlderThan",
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    ],
  ])("refuses %s", (text, why) => {
    expect(() => watch(text)).toThrow(`ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ${why}`);
  });
});

describe("parseFieldSelector", () => {
  it.each([
    ["", []],
    ["a=b", [["a", "=", "b"]]],
    [
      "a==b,c!=d",
      [
        ["a", "=", "b"],
        ["c", "!=", "d"],
      ],
    ],
    ["spec.nodeName=", [["spec.nodeName", "=", ""]]],
    ["a=x\\,y\\=z", [["a", "=", "x,y=z"]]],
  ])("%j", (text, expected) => {
    expect(parseFieldSelector(text).map(({ field, operator, value }) => [field, operator, value])).toEqual(expected);
  });
});
