import { expect, it } from "vitest";
import { humanDuration, since } from "./duration.ts";

const [second, minute, hour, day, year] = [1e3, 60e3, 3600e3, 86400e3, 365 * 86400e3];

it.each([
  [-2 * second, "<invalid>"],
  [-1 * second, "0s"],
  [0, "0s"],
  [1999, "1s"],
  [119 * second, "119s"],
  [120 * second, "2m"],
  [125 * second, "2m5s"],
  [10 * minute, "10m"],
  [179 * minute, "179m"],
  [3 * hour, "3h"],
  [3 * hour + 2 * minute, "3h2m"],
  [8 * hour + minute, "8h"],
  [47 * hour, "47h"],
  [2 * day, "2d"],
  [2 * day + 5 * hour, "2d5h"],
  [8 * day + 5 * hour, "8d"],
  [2 * year - day, "729d"],
  [2 * year, "2y"],
  [3 * year + 20 * day, "3y20d"],
  [9 * year + 20 * day, "9y"],
])("prints %d ms as %s", (ms, text) => expect(humanDuration(ms)).toBe(text));

it("does not know the age of what has no time", () => expect(since(undefined, 0)).toBe("<unknown>"));
