import { describe, expect, it } from "vitest";
import { formatIpv4 } from "../../machinery/cidr.ts";
import { addressPool, allocate, inPool, portPool } from "./allocation.ts";

describe("the pool of a network", () => {
  it.each([
    ["10.96.0.0/12", "10.96.0.1", "10.96.1.1", "10.111.255.254"],
    ["10.96.0.0/20", "10.96.0.1", "10.96.0.256", "10.96.15.254"],
    ["10.96.0.0/24", "10.96.0.1", "10.96.0.17", "10.96.0.254"],
    ["10.96.0.0/28", "10.96.0.1", "10.96.0.1", "10.96.0.14"],
  ])("%s is %s to %s (left to those who choose) and on to %s", (cidr, first, dynamic, last) => {
    const pool = addressPool(cidr);
    expect([pool.first, pool.last].map(formatIpv4)).toEqual([first, last]);
    expect(formatIpv4(pool.dynamic)).toBe(dynamic === "10.96.0.256" ? "10.96.1.0" : dynamic);
  });
});

it("leaves the first ports of the range to those who choose", () => {
  expect(portPool({ from: 30_000, to: 32_767 })).toEqual({ first: 30_000, dynamic: 30_086, last: 32_767 });
  expect(portPool({ from: 30_000, to: 30_003 })).toEqual({ first: 30_000, dynamic: 30_000, last: 30_003 });
});

describe("allocating", () => {
  const pool = { first: 1, dynamic: 4, last: 6 };

  it("gives every number once, the upper ones first", () => {
    const taken = new Set<number>();
    const given: number[] = [];
    for (;;) {
      const value = allocate(pool, (candidate) => taken.has(candidate));
      if (value === undefined) break;
      taken.add(value);
      given.push(value);
    }
    expect(new Set(given.slice(0, 3))).toEqual(new Set([4, 5, 6]));
    expect(new Set(given.slice(3))).toEqual(new Set([1, 2, 3]));
  });

  it("begins anywhere, so that what was given up is not given again at once", () => {
    const large = addressPool("10.96.0.0/12");
    const given = new Set(Array.from({ length: 20 }, () => allocate(large, () => false)));
    expect(given.size).toBeGreaterThan(15);
    for (const value of given) expect(inPool(large, value ?? 0)).toBe(true);
  });
});
