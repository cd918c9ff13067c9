import { expect, it } from "vitest";
import { addressOf, reverseDomainOf, reverseName } from "./reverse-name.ts";

it.each([
  ["10.96.0.10", "10.0.96.10.in-addr.arpa"],
  ["fd00::1:2", `2.0.0.0.1.0.0.0.${"0.".repeat(20)}0.0.d.f.ip6.arpa`],
])("%s is %s", (address, name) => expect(reverseName(address)).toBe(name));

it.each([
  ["10.0.96.10.in-addr.arpa", "10.96.0.10", "in-addr.arpa"],
  ["96.10.in-addr.arpa", undefined, "in-addr.arpa"],
  ["256.0.96.10.in-addr.arpa", undefined, "in-addr.arpa"],
  ["0.ip6.arpa", undefined, "ip6.arpa"],
  ["in-addr.arpa", undefined, undefined],
  ["10.0.96.10.example", undefined, undefined],
])("%s names %s in %s", (name, address, domain) => {
  expect([addressOf(name), reverseDomainOf(name)]).toEqual([address, domain]);
});

it.each(["fd00::1:2", "::", "2001:db8::ff"])("%s survives the way there and back", (address) => {
  expect(addressOf(reverseName(address))).toBe(address);
});
