import { describe, expect, test } from "vitest";
import { StatusError } from "../../machinery/status-error.ts";
import { parseLogOptions } from "./log-options.ts";

const parse = (query: string) => parseLogOptions(new URLSearchParams(query), "web");

function failure(query: string): StatusError {
  try {
    parse(query);
  } catch (error) {
    if (error instanceof StatusError) return error;
  }
  throw new Error(`${query} was taken`);
}

describe("parseLogOptions", () => {
  test.each([
    ["", { follow: false, previous: false, timestamps: false }],
    ["follow=true&previous=1&timestamps=", { follow: true, previous: true, timestamps: true }],
    ["follow=false&previous=0&timestamps=False", { follow: false, previous: false, timestamps: false }],
    ["tailLines=0", { tailLines: 0 }],
    ["tailLines=10&limitBytes=1&sinceSeconds=5", { tailLines: 10, limitBytes: 1, sinceSeconds: 5 }],
    ["sinceTime=2026-01-02T03:04:05%2B02:00", { sinceTime: "2026-01-02T03:04:05+02:00" }],
    ["sinceTime=2026-01-02T03:04:05.123456789Z", { sinceTime: "2026-01-02T03:04:05.123456789Z" }],
    ["sinceTime=", {}],
  ])("%s", (query, options) => {
    expect(parse(query)).toEqual({ follow: false, previous: false, timestamps: false, ...options });
  });

  test.each([
    [
      "tailLines=-1",
      'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    ["limitBytes=0", 'PodLogOptions "web" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
    ["sinceSeconds=0", 'PodLogOptions "web" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0'],
    [
      "sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z",
      'PodLogOptions "web" is invalid: : Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    ],
    [
      "tailLines=-2&limitBytes=-3",
      'PodLogOptions "web" is invalid: [tailLines: Invalid value: -2: must be greater than or equal to 0, limitBytes: Invalid value: -3: must be greater than 0]',
    ],
  ])("%s is invalid", (query, message) => {
    expect(failure(query)).toMatchObject({ code: 422, reason: "Invalid", message });
  });

  test.each([
    ["tailLines=ten", 'strconv.ParseInt: parsing "ten": invalid syntax'],
    ["limitBytes=99999999999999999999", 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
    ["sinceTime=today", 'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today"'],
  ])("%s cannot be read", (query, message) => {
    expect(failure(query)).toMatchObject({ code: 400, reason: "BadRequest", message });
  });
});
