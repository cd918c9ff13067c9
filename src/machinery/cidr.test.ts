import { describe, expect, it } from "vitest";
import { contains, formatCidr, formatIpv4, nthAddress, overlaps, parseCidr, parseIpv4, tryParseCidr } from "./cidr.ts";

describe("addresses", () => {
  it.each(["0.0.0.0", "10.96.0.10", "192.168.1.1", "255.255.255.255"])("%s survives the way there and back", (text) => {
    expect(formatIpv4(parseIpv4(text) as number)).toBe(text);
  });

  it.each(["", "10.96.0", "10.96.0.256", "10.96.0.01", "::1", "10.96.0.1 ", "a.b.c.d"])("refuses %j", (text) => {
    expect(parseIpv4(text)).toBeUndefined();
  });
});

describe("networks", () => {
  it("clears host bits", () => {
    expect(formatCidr(parseCidr("10.100.3.7/12"))).toBe("10.96.0.0/12");
    expect(formatCidr(parseCidr("255.255.255.255/0"))).toBe("0.0.0.0/0");
  });

  it.each(["10.96.0.0", "10.96.0.0/33", "10.96.0.0/", "10.96.0.0/1/2", "x/8", "10.0.0.0/-1"])("refuses %j", (text) => {
    expect(tryParseCidr(text)).toBeUndefined();
    expect(() => parseCidr(text)).toThrow(`"${text}" is not an IPv4 network`);
  });

  it("knows its members", () => {
    const services = parseCidr("10.96.0.0/12");
    expect(contains(services, "10.96.0.0")).toBe(true);
    expect(contains(services, "10.111.255.255")).toBe(true);
    expect(contains(services, "10.112.0.0")).toBe(false);
    expect(contains(services, "10.95.255.255")).toBe(false);
    expect(contains(services, "fd00::1")).toBe(false);
  });

  it.each([
    ["10.96.0.0/12", "10.97.0.0/16", true],
    ["10.97.0.0/16", "10.96.0.0/12", true],
    ["10.96.0.0/12", "10.112.0.0/12", false],
    ["0.0.0.0/0", "192.0.2.0/24", true],
    ["10.0.0.1/32", "10.0.0.2/32", false],
  ])("%s and %s overlap: %s", (a, b, expected) => {
    expect(overlaps(parseCidr(a), parseCidr(b))).toBe(expected);
  });

  it("counts its addresses", () => {
    expect(nthAddress(parseCidr("10.96.0.0/12"), 1)).toBe("10.96.0.1");
    expect(nthAddress(parseCidr("10.96.0.0/12"), 266)).toBe("10.96.1.10");
    expect(() => nthAddress(parseCidr("10.0.0.0/30"), 4)).toThrow("10.0.0.0/30 has no address number 4");
  });
});
