/** Addresses and ports of Services, through the whole pipeline. */
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { contains, parseCidr, parseIpv4 } from "../../src/machinery/cidr.ts";
import { services } from "../../src/machinery/resource.ts";
import type { Service } from "../../src/machinery/types.ts";
import { startApi, type TestApiOptions } from "../support/api.ts";

const small: TestApiOptions = {
  settings: { serviceCidr: "10.96.0.0/29", nodePortRange: { from: 30_000, to: 30_003 } },
};

function service(name: string, spec: Service["spec"] = {}): Service {
  return { metadata: { name, namespace: "default" }, spec: { ports: [{ port: 80 }], ...spec } };
}

describe("a cluster IP", () => {
  it("is given from the upper part of the range, and shown in full", async () => {
    await using api = await startApi(kinds);
    const { spec } = await api.client.create(services, service("a"));
    expect(spec).toMatchObject({ ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack", clusterIPs: [spec?.clusterIP] });
    // 10.96.0.1 to 10.96.1.0 are left to those who choose.
    expect(parseIpv4(spec?.clusterIP ?? "")).toBeGreaterThan(parseIpv4("10.96.1.0") ?? 0);
    expect(contains(parseCidr("10.96.0.0/12"), spec?.clusterIP ?? "")).toBe(true);
  });

  it("is kept when chosen, and refused when taken or out of range", async () => {
    await using api = await startApi(kinds);
    const chosen = await api.client.create(services, service("a", { clusterIP: "10.97.97.97" }));
    expect(chosen.spec).toMatchObject({ clusterIP: "10.97.97.97", clusterIPs: ["10.97.97.97"] });
    await expect(api.client.create(services, service("b", { clusterIP: "10.97.97.97" }))).rejects.toThrow(
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.97.97.97"]: failed to allocate IP 10.97.97.97: provided IP is already allocated',
    );
    await expect(api.client.create(services, service("b", { clusterIP: "10.112.0.1" }))).rejects.toThrow(
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.112.0.1"]: failed to allocate IP 10.112.0.1: the provided IP (10.112.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
    );
    await expect(api.client.create(services, service("b", { clusterIP: "abc" }))).rejects.toThrow(
      'Service "b" is invalid: spec.clusterIPs[0]: Invalid value: "abc": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    );
  });

  it("is never given twice, even to Services created at once, until the range is full", async () => {
    await using api = await startApi(kinds, small);
    const names = ["a", "b", "c", "d", "e", "f"];
    const created = await Promise.all(names.map((name) => api.client.create(services, service(name))));
    expect(new Set(created.map((object) => object.spec?.clusterIP)).size).toBe(6);
    await expect(api.client.create(services, service("g"))).rejects.toMatchObject({
      code: 500,
      message: "Internal error occurred: failed to allocate a serviceIP: range is full",
    });
    await api.client.delete(services, { namespace: "default", name: "c" });
    const again = await api.client.create(services, service("g"));
    expect(again.spec?.clusterIP).toBe(created[2]?.spec?.clusterIP);
  });

  it("is None for a headless Service, and none at all for a name", async () => {
    await using api = await startApi(kinds);
    const headless = await api.client.create(services, service("a", { clusterIP: "None", selector: { a: "b" } }));
    expect(headless.spec).toMatchObject({ clusterIP: "None", clusterIPs: ["None"], ipFamilies: ["IPv4"] });
    const bare = await api.client.create(services, service("b", { clusterIP: "None" }));
    expect(bare.spec).toMatchObject({ ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "RequireDualStack" });
    const name = await api.client.create(services, {
      metadata: { name: "c", namespace: "default" },
      spec: { type: "ExternalName", externalName: "example.com" },
    });
    expect(name.spec).toEqual({ type: "ExternalName", sessionAffinity: "None", externalName: "example.com" });
  });

  it("is given up and given anew with the type", async () => {
    await using api = await startApi(kinds);
    const object = await api.client.create(services, service("a", { type: "NodePort" }));
    const toName = { type: "ExternalName", externalName: "example.com" };
    const key = { namespace: "default", name: "a" };
    const named = await api.client.patch(services, key, "merge", { spec: toName });
    expect(named.spec).not.toHaveProperty("clusterIP");
    expect(named.spec).not.toHaveProperty("externalTrafficPolicy");
    expect(named.spec?.ports?.[0]).not.toHaveProperty("nodePort");
    const back = await api.client.patch(services, key, "merge", { spec: { type: "ClusterIP", externalName: null } });
    expect(back.spec?.clusterIP).toMatch(/^10\./);
    expect(object.spec?.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30_000);
  });
});

describe("a node port", () => {
  it("is kept when chosen, and refused when taken or out of range", async () => {
    await using api = await startApi(kinds);
    const at = (nodePort: number): Service["spec"] => ({ type: "NodePort", ports: [{ port: 80, nodePort }] });
    const chosen = await api.client.create(services, service("a", at(32_716)));
    expect(chosen.spec?.ports?.[0]?.nodePort).toBe(32_716);
    await expect(api.client.create(services, service("b", at(32_716)))).rejects.toThrow(
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 32716: provided port is already allocated',
    );
    await expect(api.client.create(services, service("b", at(8477)))).rejects.toThrow(
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 8477: provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
  });

  it("is one for TCP and UDP on the same port, and one for each of several ports", async () => {
    await using api = await startApi(kinds, small);
    const created = await api.client.create(
      services,
      service("a", {
        type: "NodePort",
        ports: [
          { name: "dns", port: 53, protocol: "UDP" },
          { name: "dns-tcp", port: 53, protocol: "TCP" },
          { name: "http", port: 80 },
        ],
      }),
    );
    const [udp, tcp, http] = (created.spec?.ports ?? []).map((port) => port.nodePort);
    expect(udp).toBe(tcp);
    expect(http).not.toBe(udp);
  });

  it("stays through changes of the Service, and is free again with another type", async () => {
    await using api = await startApi(kinds, small);
    const at = { type: "NodePort", ports: [{ port: 80, nodePort: 30_001 }] };
    await api.client.create(services, service("a", at));
    const key = { namespace: "default", name: "a" };
    const replaced = await api.client.update(services, service("a", { type: "NodePort" }));
    expect(replaced.spec?.ports?.[0]?.nodePort).toBe(30_001);
    const inside = await api.client.patch(services, key, "merge", { spec: { type: "ClusterIP" } });
    expect(inside.spec?.ports).toEqual([{ port: 80, protocol: "TCP", targetPort: 80 }]);
    await expect(api.client.create(services, service("b", at))).resolves.toBeDefined();
  });

  it("says of a LoadBalancer what is not honoured", async () => {
    await using api = await startApi(kinds, small);
    const ports = [
      { name: "a", port: 80 },
      { name: "b", port: 81, protocol: "SCTP" },
    ];
    await api.client.create(services, service("a", { type: "LoadBalancer", ports }));
    await api.client.create(services, service("b", { type: "LoadBalancer", loadBalancerClass: "example.com/theirs" }));
    expect(api.warnings).toEqual([
      "spec.ports[1].protocol: SCTP is stored, but served in nftables mode only",
      "spec.loadBalancerClass: stored, but not honoured by Skiff yet",
    ]);
  });

  it("is given until the range is full", async () => {
    await using api = await startApi(kinds, { settings: { nodePortRange: { from: 30_000, to: 30_001 } } });
    await api.client.create(services, service("a", { type: "NodePort" }));
    await api.client.create(services, service("b", { type: "LoadBalancer" }));
    await expect(api.client.create(services, service("c", { type: "NodePort" }))).rejects.toThrow(
      "Internal error occurred: failed to allocate a nodePort: range is full",
    );
  });
});

describe("the status of a load balancer", () => {
  it.each<[what: string, point: Record<string, string>, error: string | undefined]>([
    ["an address", { ip: "192.0.2.7" }, undefined],
    ["a name", { hostname: "lb.example.com" }, undefined],
    [
      "an address that is none",
      { ip: "foo" },
      'ip: Invalid value: "foo": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      "an address for a name",
      { hostname: "192.0.2.7" },
      'hostname: Invalid value: "192.0.2.7": must be a DNS name, not an IP address',
    ],
    [
      "a mode that nobody knows",
      { ip: "192.0.2.7", ipMode: "vip" },
      'ipMode: Unsupported value: "vip": supported values: "Proxy", "VIP"',
    ],
    [
      "a mode of nothing",
      { hostname: "a", ipMode: "VIP" },
      "ipMode: Forbidden: may not be specified when `ip` is not set",
    ],
  ])("%s", async (_what, point, error) => {
    await using api = await startApi(kinds);
    await api.client.create(services, service("a", { type: "LoadBalancer" }));
    const key = { namespace: "default", name: "a" };
    const status = { loadBalancer: { ingress: [point] } };
    const written = api.client.patch(services, key, "merge", { status }, { subresource: "status" });
    if (error === undefined) expect((await written).status?.loadBalancer?.ingress).toMatchObject([point]);
    else await expect(written).rejects.toThrow(`Service "a" is invalid: status.loadBalancer.ingress[0].${error}`);
  });

  it("is nothing for other Services", async () => {
    await using api = await startApi(kinds);
    await api.client.create(services, service("a"));
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.7" }] } };
    const key = { namespace: "default", name: "a" };
    await expect(api.client.patch(services, key, "merge", { status }, { subresource: "status" })).rejects.toThrow(
      'Service "a" is invalid: status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is "LoadBalancer"',
    );
  });
});
