import { expect, it } from "vitest";
import { disjointRanges } from "./source-ranges.ts";

it.each<[what: string, ranges: string[], disjoint: string[]]>([
  ["ranges as they should be", ["192.0.2.0/24", "10.0.0.0/8"], ["10.0.0.0/8", "192.0.2.0/24"]],
  ["host bits and blanks", [" 10.1.2.3/8 "], ["10.0.0.0/8"]],
  ["one twice", ["10.0.0.0/8", "10.0.0.0/8"], ["10.0.0.0/8"]],
  ["one in another, whichever comes first", ["10.1.0.0/16", "10.0.0.0/8", "10.2.0.0/16"], ["10.0.0.0/8"]],
  ["neighbours", ["10.128.0.0/9", "10.0.0.0/9"], ["10.0.0.0/9", "10.128.0.0/9"]],
  ["everything", ["0.0.0.0/0", "192.0.2.7/32"], ["0.0.0.0/0"]],
  ["what is no IPv4 range", ["2001:db8::/32", "1.2.3.4", "1.2.3.4/33", "a }; flush ruleset"], []],
])("takes %s", (_what, ranges, disjoint) => expect(disjointRanges(ranges, "IPv4")).toEqual(disjoint));

it.each<[what: string, ranges: string[], disjoint: string[]]>([
  ["ranges as they should be", ["fd00::/8", "2001:DB8::/32"], ["2001:db8::/32", "fd00::/8"]],
  ["host bits and blanks", [" 2001:db8::7/32 "], ["2001:db8::/32"]],
  ["one in another, whichever comes first", ["2001:db8:1::/48", "2001:db8::/32"], ["2001:db8::/32"]],
  ["neighbours", ["fd80::/9", "fd00::/9"], ["fd00::/9", "fd80::/9"]],
  ["everything", ["::/0", "2001:db8::/32"], ["::/0"]],
  ["what is no IPv6 range", ["10.0.0.0/8", "fd00::", "fd00::/129"], []],
])("takes %s of IPv6", (_what, ranges, disjoint) => expect(disjointRanges(ranges, "IPv6")).toEqual(disjoint));
