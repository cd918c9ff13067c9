/**
 * Families of Services and what becomes of their addresses, through the whole pipeline: the tables of
 * https://kubernetes.io/docs/concepts/services-networking/dual-stack/ and the messages of a real API server.
 */
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { addressRange } from "../../src/machinery/address-range.ts";
import { services } from "../../src/machinery/resource.ts";
import type { Service } from "../../src/machinery/types.ts";
import { startApi } from "../support/api.ts";

type Spec = NonNullable<Service["spec"]>;

const ranges = { IPv4: "10.96.0.0/24", IPv6: "fd00:10:96::/120" };
const dual = { serviceCidr: ranges.IPv4, ipv6: { podCidr: "fd00:10:244::/64", serviceCidr: ranges.IPv6 } };
const single = { serviceCidr: ranges.IPv4 };
const [v4, v6] = ["10.96.0.7", "fd00:10:96::7"];

function service(spec: Spec, name = "a"): Service {
  return { metadata: { name, namespace: "default" }, spec: { ports: [{ port: 80 }], ...spec } };
}

/** Its policy and families, and a letter that says whether each address is one of that family. */
function shape({ ipFamilyPolicy, ipFamilies = [], clusterIP, clusterIPs = [] }: Spec = {}): string {
  expect(clusterIP).toBe(clusterIPs[0]);
  const has = clusterIPs.map((ip) => {
    if (ip === "None") return ip;
    return addressRange(ranges.IPv4).has(ip) ? "4" : addressRange(ranges.IPv6).has(ip) ? "6" : ip;
  });
  return [ipFamilyPolicy, ipFamilies.join("+"), has.join("+")].join(" ");
}

const headless: Spec = { clusterIP: "None", selector: { a: "b" } };

describe("a new Service in a dual-stack cluster", () => {
  it.each<[spec: Spec, becomes: string]>([
    [{}, "SingleStack IPv4 4"],
    [{ ipFamilyPolicy: "SingleStack" }, "SingleStack IPv4 4"],
    [{ ipFamilies: ["IPv6"] }, "SingleStack IPv6 6"],
    [{ ipFamilyPolicy: "PreferDualStack" }, "PreferDualStack IPv4+IPv6 4+6"],
    [{ ipFamilyPolicy: "RequireDualStack" }, "RequireDualStack IPv4+IPv6 4+6"],
    [{ ipFamilyPolicy: "PreferDualStack", ipFamilies: ["IPv6"] }, "PreferDualStack IPv6+IPv4 6+4"],
    [{ ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] }, "RequireDualStack IPv6+IPv4 6+4"],
    [{ clusterIP: v6 }, "SingleStack IPv6 6"],
    [{ clusterIP: v6, ipFamilyPolicy: "RequireDualStack" }, "RequireDualStack IPv6+IPv4 6+4"],
    [{ clusterIP: v4, clusterIPs: [v4, v6], ipFamilyPolicy: "PreferDualStack" }, "PreferDualStack IPv4+IPv6 4+6"],
    [{ type: "NodePort", ipFamilyPolicy: "PreferDualStack" }, "PreferDualStack IPv4+IPv6 4+6"],
    [headless, "SingleStack IPv4 None"],
    [{ ...headless, ipFamilyPolicy: "PreferDualStack" }, "PreferDualStack IPv4+IPv6 None"],
    [{ ...headless, ipFamilies: ["IPv6"] }, "SingleStack IPv6 None"],
    [{ clusterIP: "None" }, "RequireDualStack IPv4+IPv6 None"],
    [{ clusterIP: "None", ipFamilyPolicy: "SingleStack" }, "SingleStack IPv4 None"],
    [{ clusterIP: "None", ipFamilies: ["IPv6"] }, "RequireDualStack IPv6+IPv4 None"],
  ])("%j is %s", async (spec, becomes) => {
    await using api = await startApi(kinds, { settings: dual });
    const created = await api.client.create(services, service(spec));
    expect(shape(created.spec)).toBe(becomes);
  });

  it.each<[spec: Spec, error: string]>([
    [
      { ipFamilies: ["IPv4", "IPv6"] },
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
    ],
    [
      { clusterIP: v4, clusterIPs: [v4, v6] },
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified`,
    ],
    [
      { clusterIP: v6, ipFamilies: ["IPv4"] },
      `spec.clusterIPs[0]: Invalid value: "${v6}": expected an IPv4 value as indicated by \`ipFamilies[0]\``,
    ],
    [
      { clusterIP: v4, clusterIPs: [v4, "10.96.0.8"], ipFamilyPolicy: "PreferDualStack" },
      `spec.clusterIPs: Invalid value: ["${v4}","10.96.0.8"]: may specify no more than one IP for each IP family`,
    ],
    [
      { clusterIP: v4, clusterIPs: [v4, "None"], ipFamilyPolicy: "PreferDualStack" },
      'spec.clusterIPs[1]: Invalid value: "None": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      { clusterIP: "None", clusterIPs: ["None", v6], ipFamilyPolicy: "PreferDualStack" },
      `spec.clusterIPs: Invalid value: ["None","${v6}"]: 'None' must be the first and only value`,
    ],
    [{ ipFamilies: ["IPv5"] }, 'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"'],
    [
      { ipFamilies: ["IPv6", "IPv6"], ipFamilyPolicy: "PreferDualStack" },
      'spec.ipFamilies[1]: Duplicate value: "IPv6"',
    ],
    [
      { ipFamilyPolicy: "Both" },
      'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [
      { clusterIP: "fd00:10:97::7" },
      'spec.clusterIPs: Invalid value: ["fd00:10:97::7"]: failed to allocate IP fd00:10:97::7: the provided IP (fd00:10:97::7) is not in the valid range. The range of valid IPs is fd00:10:96::/120',
    ],
  ])("%j is refused", async (spec, error) => {
    await using api = await startApi(kinds, { settings: dual });
    await expect(api.client.create(services, service(spec))).rejects.toThrow(`Service "a" is invalid: ${error}`);
  });

  it("gets an address that nobody has, however that is written, until the range is full", async () => {
    const ipv6 = { podCidr: "fd00:10:244::/64", serviceCidr: "fd00:10:96::/126" };
    await using api = await startApi(kinds, { settings: { ...dual, ipv6 } });
    await api.client.create(services, service({ clusterIP: "FD00:10:96:0::2" }));
    await expect(api.client.create(services, service({ clusterIP: "fd00:10:96::2" }, "b"))).rejects.toThrow(
      "failed to allocate IP fd00:10:96::2: provided IP is already allocated",
    );
    const policy = { ipFamilyPolicy: "PreferDualStack" };
    const created = [
      await api.client.create(services, service(policy, "b")),
      await api.client.create(services, service(policy, "c")),
    ];
    const second = new Set(created.map(({ spec }) => spec?.clusterIPs?.[1]));
    expect(second).toEqual(new Set(["fd00:10:96::1", "fd00:10:96::3"]));
    await expect(api.client.create(services, service(policy, "d"))).rejects.toThrow("range is full");
  });
});

describe("a new Service in an IPv4 cluster", () => {
  it.each<[spec: Spec, becomes: string]>([
    [{}, "SingleStack IPv4 4"],
    [{ ipFamilyPolicy: "PreferDualStack" }, "PreferDualStack IPv4 4"],
    [{ clusterIP: "None" }, "RequireDualStack IPv4+IPv6 None"],
    [{ clusterIP: "None", ipFamilies: ["IPv6"], ipFamilyPolicy: "SingleStack" }, "SingleStack IPv6 None"],
  ])("%j is %s", async (spec, becomes) => {
    await using api = await startApi(kinds, { settings: single });
    expect(shape((await api.client.create(services, service(spec))).spec)).toBe(becomes);
  });

  it.each<[spec: Spec, error: string]>([
    [
      { ipFamilyPolicy: "RequireDualStack" },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [{ ipFamilies: ["IPv6"] }, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    [{ clusterIP: v6 }, `spec.clusterIPs[0]: Invalid value: ["${v6}"]: IPv6 is not configured on this cluster`],
    [{ ...headless, ipFamilies: ["IPv6"] }, "spec.ipFamilies[0]: Invalid value"],
  ])("%j is refused", async (spec, error) => {
    await using api = await startApi(kinds, { settings: single });
    await expect(api.client.create(services, service(spec))).rejects.toThrow(`Service "a" is invalid: ${error}`);
  });
});

describe("an update", () => {
  const chosen: Spec = { clusterIP: v4, clusterIPs: [v4, v6], ipFamilies: ["IPv4", "IPv6"] };
  const required: Spec = { ...chosen, ipFamilyPolicy: "RequireDualStack" };

  it.each<[from: Spec, patch: object, becomes: string]>([
    [{}, { ipFamilyPolicy: "PreferDualStack" }, "PreferDualStack IPv4+IPv6 4+6"],
    [{ ipFamilies: ["IPv6"] }, { ipFamilyPolicy: "RequireDualStack" }, "RequireDualStack IPv6+IPv4 6+4"],
    [required, { ipFamilyPolicy: "SingleStack" }, "SingleStack IPv4 4"],
    [required, { ipFamilyPolicy: "PreferDualStack" }, "PreferDualStack IPv4+IPv6 4+6"],
    [required, { ipFamilyPolicy: "SingleStack", clusterIPs: [v4] }, "SingleStack IPv4 4"],
    [required, { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"] }, "SingleStack IPv4 4"],
    [{ clusterIP: v4 }, { ipFamilyPolicy: "PreferDualStack", clusterIPs: [v4, v6] }, "PreferDualStack IPv4+IPv6 4+6"],
    [headless, { ipFamilyPolicy: "PreferDualStack" }, "PreferDualStack IPv4+IPv6 None"],
    [headless, { ipFamilies: ["IPv6"] }, "SingleStack IPv6 None"],
    [required, { type: "NodePort" }, "RequireDualStack IPv4+IPv6 4+6"],
    [
      { type: "ExternalName", externalName: "example.com" },
      { type: "ClusterIP", externalName: null, ipFamilyPolicy: "PreferDualStack" },
      "PreferDualStack IPv4+IPv6 4+6",
    ],
    [required, { type: "ExternalName", externalName: "example.com" }, "  "],
  ])("of %j with %j makes it %s", async (from, patch, becomes) => {
    await using api = await startApi(kinds, { settings: dual });
    const before = await api.client.create(services, service(from));
    const key = { namespace: "default", name: "a" };
    const after = await api.client.patch(services, key, "merge", { spec: patch });
    expect(shape(after.spec)).toBe(becomes);
    const kept = before.spec?.clusterIPs?.[0];
    if (becomes.trim() !== "" && kept) expect(after.spec?.clusterIP).toBe(kept);
  });

  it.each<[from: Spec, patch: object, error: string]>([
    [
      required,
      { clusterIPs: [v4] },
      `spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be 'SingleStack' to release the secondary cluster IP`,
    ],
    [
      required,
      { ipFamilies: ["IPv4"] },
      `spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be 'SingleStack' to release the secondary IP family`,
    ],
    [
      required,
      { clusterIPs: [v4, "fd00:10:96::8"] },
      `spec.clusterIPs[1]: Invalid value: ["${v4}","fd00:10:96::8"]: may not change once set`,
    ],
    [
      { clusterIP: v4 },
      { clusterIP: v6, ipFamilies: ["IPv6"] },
      `spec.clusterIPs[0]: Invalid value: ["${v6}"]: may not change once set`,
    ],
    [
      required,
      { ipFamilyPolicy: "SingleStack", clusterIP: v6, clusterIPs: [v6], ipFamilies: ["IPv6"] },
      `spec.clusterIPs[0]: Invalid value: ["${v6}"]: may not change once set`,
    ],
  ])("of %j with %j is refused", async (from, patch, error) => {
    await using api = await startApi(kinds, { settings: dual });
    await api.client.create(services, service(from));
    const key = { namespace: "default", name: "a" };
    await expect(api.client.patch(services, key, "merge", { spec: patch })).rejects.toThrow(error);
  });

  it("neither gives nor takes an address of a Service that prefers two, when the cluster's families change", async () => {
    const preferring = service({ ipFamilyPolicy: "PreferDualStack" });
    await using api = await startApi(kinds, { settings: single });
    await api.client.create(services, preferring);
    api.settings.ipv6 = dual.ipv6;
    const key = { namespace: "default", name: "a" };
    const labels = { metadata: { labels: { a: "b" } } };
    const after = await api.client.patch(services, key, "merge", labels);
    expect(shape(after.spec)).toBe("PreferDualStack IPv4 4");
    const again = { spec: { ipFamilyPolicy: "RequireDualStack" } };
    const asked = await api.client.patch(services, key, "merge", again);
    expect(shape(asked.spec)).toBe("RequireDualStack IPv4+IPv6 4+6");
  });
});

it("warns of addresses that are written in another way than is usual", async () => {
  await using api = await startApi(kinds, { settings: dual });
  await api.client.create(services, service({ clusterIP: "FD00:10:96::7" }));
  expect(api.warnings).toEqual([
    'spec.clusterIPs[0]: IPv6 address "FD00:10:96::7" should be in RFC 5952 canonical format ("fd00:10:96::7")',
  ]);
});
