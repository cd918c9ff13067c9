import { describe, expect, it } from "vitest";
import { deleteOptions, managerFromUserAgent, writeContext } from "./write-options.ts";

const agent = "kubectl/v1.33.0 (linux/amd64) kubernetes/abc";

describe("writeContext", () => {
  it("takes every parameter over", () => {
    expect(writeContext("CreateOptions", new URLSearchParams(), agent)).toEqual({ fieldManager: "kubectl" });
    expect(
      writeContext(
        "PatchOptions",
        new URLSearchParams("fieldManager=me&force=true&dryRun=All&fieldValidation=Strict"),
        agent,
        true,
      ),
    ).toEqual({ fieldManager: "me", force: true, dryRun: true, fieldValidation: "Strict" });
  });

  const refused: [string, boolean, string][] = [
    ["dryRun=Some", false, 'dryRun: Unsupported value: ["Some"]: supported values: "All"'],
    [
      "fieldValidation=Hard",
      false,
      'fieldValidation: Unsupported value: "Hard": supported values: "Ignore", "Strict", "Warn"',
    ],
    ["force=true", false, "force: Forbidden: may not be specified for non-apply patch"],
    ["", true, "fieldManager: Required value: is required for apply patch"],
    [`fieldManager=${"x".repeat(129)}`, false, "fieldManager: Too long: may not be more than 128 bytes"],
  ];
  it.each(refused)("%s", (text, apply, message) => {
    expect(() => writeContext("PatchOptions", new URLSearchParams(text), agent, apply)).toThrow(
      expect.objectContaining({
        code: 422,
        message: `PatchOptions.meta.k8s.io "" is invalid: ${message}`,
        details: expect.objectContaining({ group: "meta.k8s.io", kind: "PatchOptions" }),
      }),
    );
  });
});

it.each([
  [agent, "kubectl"],
  ["node", "node"],
  [undefined, "unknown"],
  ["/x", "unknown"],
])("takes the manager from the User-Agent %j", (userAgent, expected) => {
  expect(managerFromUserAgent(userAgent)).toBe(expected);
});

describe("deleteOptions", () => {
  const accepted: [string, unknown, unknown][] = [
    ["", undefined, { dryRun: false, options: {} }],
    [
      "gracePeriodSeconds=0&propagationPolicy=Foreground&dryRun=All",
      undefined,
      { dryRun: true, options: { gracePeriodSeconds: 0, propagationPolicy: "Foreground" } },
    ],
    [
      "propagationPolicy=Foreground",
      { kind: "DeleteOptions", gracePeriodSeconds: 5, preconditions: { uid: "u" } },
      { dryRun: false, options: { gracePeriodSeconds: 5, preconditions: { uid: "u" } } },
    ],
    ["orphanDependents=true", undefined, { dryRun: false, options: { propagationPolicy: "Orphan" } }],
    ["gracePeriodSeconds=-1", undefined, { dryRun: false, options: { gracePeriodSeconds: 1 } }],
  ];
  it.each(accepted)("%s with %j", (query, body, expected) => {
    expect(deleteOptions(new URLSearchParams(query), body)).toEqual(expected);
  });

  const refused: [string, unknown, number, RegExp][] = [
    [
      "propagationPolicy=Sometimes",
      undefined,
      422,
      /Unsupported value: "Sometimes": supported values: "Background", "Foreground", "Orphan", "nil"$/,
    ],
    ["orphanDependents=true&propagationPolicy=Orphan", undefined, 422, /cannot be both set$/],
    ["gracePeriodSeconds=soon", undefined, 400, /^strconv.ParseInt: parsing "soon": invalid syntax$/],
    [
      "",
      { gracePeriodSeconds: "soon" },
      400,
      /cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64$/,
    ],
    ["", [], 400, /cannot unmarshal array into Go value of type v1.DeleteOptions$/],
  ];
  it.each(refused)("refuses %s with %j", (query, body, code, message) => {
    expect(() => deleteOptions(new URLSearchParams(query), body)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
