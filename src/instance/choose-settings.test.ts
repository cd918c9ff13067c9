import { describe, expect, it } from "vitest";
import { chooseSettings, type KeptSettings, nodeName, type TakenRange } from "./choose-settings.ts";

const options = { name: "default", dataDir: "/tmp/x" };
const kept: KeptSettings = {
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
  port: 6443,
  nodePortRange: { from: 30_000, to: 32_767 },
};
const by = (cidr: string, who = "a route"): TakenRange => ({ cidr, by: who });

describe("chooseSettings", () => {
  it("takes kubeadm's ranges on an empty host", () => {
    expect(chooseSettings(options, undefined, [])).toEqual(kept);
  });

  it("takes the next free ranges", () => {
    const taken = [by("10.244.7.0/24"), by("10.96.0.1/32"), by("10.112.0.0/12")];
    const chosen = chooseSettings(options, undefined, taken);
    expect(chosen.podCidr).toBe("10.245.0.0/16");
    expect(chosen.serviceCidr).toBe("10.128.0.0/12");
  });

  it("leaves 10.0.0.0/8 when a VPN routes all of it", () => {
    const chosen = chooseSettings(options, undefined, [by("10.0.0.0/8")]);
    expect(chosen.podCidr).toBe("172.20.0.0/16");
    expect(chosen.serviceCidr).toBe("172.29.0.0/16");
  });

  it("keeps what the instance was made with, whatever the host says now", () => {
    expect(chooseSettings(options, kept, [by("10.244.0.0/16")]).podCidr).toBe("10.244.0.0/16");
  });

  it("does not give Pods and Services the same addresses", () => {
    expect(() =>
      chooseSettings({ ...options, podCidr: "10.96.0.0/16", serviceCidr: "10.96.0.0/12" }, undefined, []),
    ).toThrow(/--service-cidr 10.96.0.0\/12 overlaps 10.96.0.0\/16, the Pods of this instance/);
    expect(chooseSettings({ ...options, podCidr: "10.96.0.0/16" }, undefined, []).serviceCidr).toBe("10.112.0.0/12");
  });

  it.each([
    [
      { podCidr: "10.9.0.0/16" },
      [by("10.9.4.0/24", 'the Docker network "app"')],
      /overlaps 10.9.4.0\/24, the Docker network "app"/,
    ],
    [{ podCidr: "10.9.0.0" }, [], /is not an IPv4 range/],
    [{ podCidr: "10.9.0.1/16" }, [], /did you mean 10.9.0.0\/16/],
    [{ serviceCidr: "10.9.0.0/30" }, [], /wrong size/],
    [{ nodePortRange: "30000" }, [], /not a range of ports/],
    [{ nodePortRange: "9-8" }, [], /not a range of ports/],
    [{ nodePortRange: "1-65536" }, [], /not a range of ports/],
  ])("refuses %j", (given, taken, message) => {
    expect(() => chooseSettings({ ...options, ...given }, undefined, taken)).toThrow(message);
  });

  const dual = { podCidr: "10.244.0.0/16,fd00:10:244::/64", serviceCidr: "10.96.0.0/12,fd00:10:96::/112" };
  const ipv6 = { podCidr: "fd00:10:244::/64", serviceCidr: "fd00:10:96::/112" };

  it("takes two ranges of each for dual-stack, and keeps them", () => {
    const chosen = chooseSettings({ ...options, ...dual }, undefined, [by("fd00::/64"), by("2001:db8::/32")]);
    expect(chosen).toEqual({ ...kept, ipv6 });
    expect(chooseSettings(options, chosen, [by("fd00::/8")])).toEqual(chosen);
    expect(chooseSettings({ ...options, podCidr: dual.podCidr }, chosen, [])).toEqual(chosen);
    expect(() => chooseSettings({ ...options, podCidr: "10.244.0.0/16" }, chosen, [])).toThrow(
      'The instance "default" was made with the Pod range 10.244.0.0/16,fd00:10:244::/64',
    );
    expect(() => chooseSettings({ ...options, ...dual }, kept, [])).toThrow(
      "was made with the Pod range 10.244.0.0/16;",
    );
  });

  it.each<[given: { podCidr?: string; serviceCidr?: string }, message: string]>([
    [{ podCidr: dual.podCidr }, "give --service-cidr both too, such as 10.96.0.0/12,fd00:10:96::/112"],
    [{ serviceCidr: dual.serviceCidr }, "give --pod-cidr both too, such as 10.244.0.0/16,fd00:10:244::/64"],
    [{ podCidr: "fd00:10:244::/64" }, "--pod-cidr fd00:10:244::/64 is not an IPv4 range"],
    [{ podCidr: "fd00::/64,10.9.0.0/16" }, "IPv4 comes first; give 10.9.0.0/16,fd00::/64"],
    [{ podCidr: "10.9.0.0/16,10.10.0.0/16" }, "give one IPv4 range, or an IPv4 and an IPv6 range"],
    [{ podCidr: "10.9.0.0/16,fd00::/64,fd01::/64" }, "give one IPv4 range, or an IPv4 and an IPv6 range"],
    [{ ...dual, podCidr: "10.9.0.0/16,fd00::/40" }, "an IPv6 range of Pods goes from /48 to /112"],
    [{ ...dual, podCidr: "10.0.0.0/8,fd00::/112" }, "fd00::/112 is smaller than 10.0.0.0/8: an IPv6 range of /104"],
    [{ ...dual, serviceCidr: "10.9.0.0/16,fd00::/64" }, "an IPv6 range of Services goes from /108 to /120"],
    [{ ...dual, podCidr: "10.9.0.0/16,fd00::1/64" }, "has host bits set; did you mean fd00::/64?"],
    [
      { podCidr: "127.0.0.0/8" },
      "overlaps 127.0.0.0/8, which has a meaning of its own (loopback); give a private range",
    ],
    [{ podCidr: "169.254.0.0/16" }, "(link-local); give a private range such as 10.244.0.0/16"],
    [{ podCidr: "169.0.0.0/8" }, "overlaps 169.254.0.0/16"],
    [{ serviceCidr: "224.1.0.0/16" }, "(multicast); give a private range such as 10.96.0.0/12"],
    [{ serviceCidr: "0.0.0.0/8" }, "overlaps 0.0.0.0/8"],
    [{ ...dual, podCidr: "10.9.0.0/16,fe80::/64" }, "(link-local); give a private range such as fd00:10:244::/64"],
    [{ ...dual, podCidr: "10.9.0.0/16,::ffff:0:0/96" }, "overlaps ::/8"],
    [{ ...dual, serviceCidr: "10.9.0.0/16,ff05::/112" }, "such as fd00:10:96::/112"],
    [{ ...dual, podCidr: "10.9.0.0/16,2001:db8:0:1::/64" }, "overlaps 2001:db8::/32, a route"],
    [{ podCidr: "10.9.0.0/16,fd00::/48", serviceCidr: "10.96.0.0/12,fd00::/112" }, "overlaps fd00::/48, the Pods of"],
  ])("refuses %j", (given, message) => {
    expect(() => chooseSettings({ ...options, ...given }, undefined, [by("2001:db8::/32")])).toThrow(message);
  });

  it("takes IPv6 ranges however they are spelt", () => {
    const spelt = { podCidr: "10.244.0.0/16,FD00:10:0244::/64", serviceCidr: "10.96.0.0/12,fd00:10:96:0::/112" };
    expect(chooseSettings({ ...options, ...spelt }, undefined, [])).toEqual({ ...kept, ipv6 });
    expect(chooseSettings({ ...options, ...spelt }, { ...kept, ipv6 }, [])).toEqual({ ...kept, ipv6 });
  });

  it("refuses to move an instance to another range", () => {
    expect(() => chooseSettings({ ...options, podCidr: "10.9.0.0/16" }, kept, [])).toThrow(
      /was made with the Pod range 10.244.0.0\/16/,
    );
  });
});

it.each([
  ["My_Laptop.local", "my-laptop.local"],
  ["-x-", "x"],
  ["___", "node"],
])("nodeName(%s) is %s", (host, name) => {
  expect(nodeName(undefined, host)).toBe(name);
});

it("keeps the node's name when the host is named anew", () => {
  expect(nodeName({ nodeName: "laptop" }, "laptop.office")).toBe("laptop");
  expect(nodeName({}, "laptop")).toBe("laptop");
});
