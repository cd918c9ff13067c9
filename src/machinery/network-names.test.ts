import { expect, it } from "vitest";
import { formatCidr } from "./cidr.ts";
import {
  bridgeName,
  dnsAddress,
  kubernetesAddress,
  networkName,
  podGateway,
  rangeOfOthers,
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
