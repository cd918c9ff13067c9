import { expect, it } from "vitest";
import { formatCidr } from "./cidr.ts";
import {
  bridgeName,
  dnsAddress,
  ipv6RangeOfOthers,
  kubernetesAddress,
  networkName,
  nodeAddresses,
  podAddresses,
  podGateway,
  podGatewayIpv6,
  rangeOfOthers,
  rangesOf,
  tableName,
} from "./network-names.ts";

it("names everything after the instance", () => {
  const settings = { name: "default" };
  expect([networkName(settings), tableName(settings), bridgeName(settings)]).toEqual([
    "skiff-default",
    "skiff-default",
    "skiff-default",
  ]);
});

it("keeps the bridge's name within what Linux allows, and different instances apart", () => {
  const a = bridgeName({ name: "a-rather-long-name-1" });
  const b = bridgeName({ name: "a-rather-long-name-2" });
  expect(a).toMatch(/^skf-[0-9a-f]{11}$/);
  expect(a).not.toBe(b);
  expect(bridgeName({ name: "ninechars" })).toBe("skiff-ninechars");
});

it("finds the well-known addresses", () => {
  const settings = { podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" };
  expect([podGateway(settings), kubernetesAddress(settings), dnsAddress(settings)]).toEqual([
    "10.244.0.1",
    "10.96.0.1",
    "10.96.0.10",
  ]);
});

it.each([
  ["10.244.0.0/16", "10.244.255.0/24"],
  ["10.0.0.0/8", "10.255.255.0/24"],
  ["10.244.7.0/24", "10.244.7.240/28"],
  ["10.244.7.0/28", "10.244.7.14/31"],
])("leaves the end of %s to others: %s", (podCidr, range) => {
  expect(formatCidr(rangeOfOthers({ podCidr }))).toBe(range);
});

it("gives a Pod the same place in both ranges, and others the same end of them", () => {
  const ipv6 = { podCidr: "fd00:10:244::/64", serviceCidr: "fd00:10:96::/112" };
  const settings = { podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12", ipv6 };
  expect(podAddresses(settings, "10.244.1.5")).toEqual(["10.244.1.5", "fd00:10:244::105"]);
  expect(podAddresses({ podCidr: "10.244.0.0/16" }, "10.244.1.5")).toEqual(["10.244.1.5"]);
  expect(podGatewayIpv6(ipv6)).toBe("fd00:10:244::1");
  expect(ipv6RangeOfOthers(settings, ipv6)).toBe("fd00:10:244::ff00/120");
  expect(nodeAddresses({ nodeAddress: "192.0.2.1", ipv6 })).toEqual(["192.0.2.1"]);
  expect(nodeAddresses({ nodeAddress: "192.0.2.1", ipv6: { ...ipv6, nodeAddress: "2001:db8::1" } })).toEqual([
    "192.0.2.1",
    "2001:db8::1",
  ]);
  expect(rangesOf(settings, "podCidr")).toBe("10.244.0.0/16,fd00:10:244::/64");
  expect(rangesOf({ podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" }, "serviceCidr")).toBe("10.96.0.0/12");
});
