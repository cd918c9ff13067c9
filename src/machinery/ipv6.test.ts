import { describe, expect, it } from "vitest";
import { addressRange, rangesOverlap } from "./address-range.ts";
import { canonicalAddress, formatIpv6, formatIpv6Cidr, nthIpv6Address, parseIpv6, parseIpv6Cidr } from "./ipv6.ts";

describe("addresses", () => {
  it.each([
    ["::", "::"],
    ["::1", "::1"],
    ["fd00:10:96::a", "fd00:10:96::a"],
    ["FD00:0010:0096:0:0:0:0:000A", "fd00:10:96::a"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ])("%s is written %s", (text, written) => {
    expect(formatIpv6(parseIpv6(text) as bigint)).toBe(written);
    expect(canonicalAddress(text)).toBe(written);
  });

  it.each(["", "10.96.0.1", "fd00::1::2", "fe80::1%eth0", "fd00:10", "g::"])("refuses %j", (text) => {
    expect(parseIpv6(text)).toBeUndefined();
    expect(canonicalAddress(text)).toBe(text);
  });
});

describe("networks", () => {
  it("clears host bits", () => {
    expect(formatIpv6Cidr(parseIpv6Cidr("fd00:10:96::7/112"))).toBe("fd00:10:96::/112");
    expect(formatIpv6Cidr(parseIpv6Cidr("ffff::1/0"))).toBe("::/0");
  });

  it.each(["fd00::", "fd00::/129", "fd00::/", "fd00::/1/2", "10.0.0.0/8", "fd00::/-1"])("refuses %j", (text) => {
    expect(() => parseIpv6Cidr(text)).toThrow(`"${text}" is not an IPv6 network`);
  });

  it("counts its addresses", () => {
    expect(nthIpv6Address(parseIpv6Cidr("fd00:10:244::/64"), 261)).toBe("fd00:10:244::105");
    expect(() => nthIpv6Address(parseIpv6Cidr("fd00::/126"), 4)).toThrow("fd00::/126 has no address number 4");
  });
});

describe("ranges of either family", () => {
  it.each([
    ["10.96.0.0/12", "10.96.0.10", true],
    ["10.96.0.0/12", "fd00::1", false],
    ["fd00:10:96::/112", "fd00:10:96::ffff", true],
    ["fd00:10:96::/112", "FD00:10:96:0::1", true],
    ["fd00:10:96::/112", "fd00:10:96::1:0", false],
    ["fd00:10:96::/112", "fd00:10:95::", false],
    ["::/0", "10.96.0.1", false],
    ["::/0", "None", false],
  ])("%s has %s: %s", (cidr, address, expected) => {
    expect(addressRange(cidr).has(address)).toBe(expected);
  });

  it.each([
    ["10.96.0.0/12", "10.97.0.0/16", true],
    ["fd00::/8", "fd00:10:96::/112", true],
    ["fd00:10:96::/112", "fd00::/8", true],
    ["fd00:10:96::/112", "fd00:10:97::/112", false],
    ["0.0.0.0/0", "::/0", false],
  ])("%s and %s overlap: %s", (a, b, expected) => {
    expect(rangesOverlap(a, b)).toBe(expected);
  });
});
