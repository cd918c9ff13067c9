import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { EndpointSlice, Service } from "../machinery/types.ts";
import { recordsOf } from "./records.ts";

interface Case {
  name: string;
  service: string;
  slices?: string;
  records: string;
}

/** Manifests in, records out: one line per record, then `address -> name` for the reverse. */
const cases: Case[] = [
  {
    name: "a Service with a cluster IP",
    service: "{ clusterIPs: [10.96.7.10], ports: [{ name: http, port: 80 }, { name: dns, port: 53, protocol: UDP }] }",
    records: `
      web.shop.svc.cluster.local A 10.96.7.10
      web.shop.svc.cluster.local SRV 0 100 80 web.shop.svc.cluster.local
      web.shop.svc.cluster.local SRV 0 100 53 web.shop.svc.cluster.local
      _http._tcp.web.shop.svc.cluster.local SRV 0 100 80 web.shop.svc.cluster.local
      _dns._udp.web.shop.svc.cluster.local SRV 0 100 53 web.shop.svc.cluster.local
      10.96.7.10 -> web.shop.svc.cluster.local`,
  },
  {
    name: "an unnamed port has no SRV name of its own, endpoints have names",
    service: "{ clusterIP: 10.96.7.11, ports: [{ port: 80 }] }",
    slices: "[{ addressType: IPv4, ports: [{ port: 8080 }], endpoints: [{ addresses: [10.244.0.5] }] }]",
    records: `
      10-244-0-5.web.shop.svc.cluster.local A 10.244.0.5
      web.shop.svc.cluster.local A 10.96.7.11
      web.shop.svc.cluster.local SRV 0 100 80 web.shop.svc.cluster.local
      10.244.0.5 -> 10-244-0-5.web.shop.svc.cluster.local
      10.96.7.11 -> web.shop.svc.cluster.local`,
  },
  {
    name: "a headless Service: its ready Pods, by hostname where they have one",
    service: "{ clusterIP: None, clusterIPs: [None], ports: [{ name: http, port: 80 }] }",
    slices: `
      - addressType: IPv4
        ports: [{ name: http, port: 8080, protocol: TCP }]
        endpoints:
          - { addresses: [10.244.0.5], hostname: web-0, conditions: { ready: true } }
          - { addresses: [10.244.0.6] }
          - { addresses: [10.244.0.7], conditions: { ready: false } }`,
    records: `
      web.shop.svc.cluster.local A 10.244.0.5
      web.shop.svc.cluster.local A 10.244.0.6
      web.shop.svc.cluster.local SRV 0 50 8080 web-0.web.shop.svc.cluster.local
      web.shop.svc.cluster.local SRV 0 50 8080 10-244-0-6.web.shop.svc.cluster.local
      web-0.web.shop.svc.cluster.local A 10.244.0.5
      10-244-0-6.web.shop.svc.cluster.local A 10.244.0.6
      _http._tcp.web.shop.svc.cluster.local SRV 0 50 8080 web-0.web.shop.svc.cluster.local
      _http._tcp.web.shop.svc.cluster.local SRV 0 50 8080 10-244-0-6.web.shop.svc.cluster.local
      10.244.0.5 -> web-0.web.shop.svc.cluster.local
      10.244.0.6 -> 10-244-0-6.web.shop.svc.cluster.local`,
  },
  {
    name: "a headless Service without ports, publishing Pods that are not ready",
    service: "{ clusterIP: None, publishNotReadyAddresses: true }",
    slices: "[{ addressType: IPv4, endpoints: [{ addresses: [10.244.0.7], conditions: { ready: false } }] }]",
    records: `
      web.shop.svc.cluster.local A 10.244.0.7
      10-244-0-7.web.shop.svc.cluster.local A 10.244.0.7
      10.244.0.7 -> 10-244-0-7.web.shop.svc.cluster.local`,
  },
  {
    name: "an ExternalName",
    service: "{ type: ExternalName, externalName: www.example.com. }",
    records: "web.shop.svc.cluster.local CNAME www.example.com",
  },
  {
    name: "an ExternalName that DNS cannot say: nothing",
    service: `{ type: ExternalName, externalName: ${"x".repeat(64)}.example.com }`,
    records: "",
  },
  {
    name: "an IPv6 cluster IP",
    service: "{ clusterIPs: ['fd00::1'] }",
    records: `
      web.shop.svc.cluster.local AAAA fd00::1
      fd00::1 -> web.shop.svc.cluster.local`,
  },
  { name: "a headless Service without endpoints: nothing", service: "{ clusterIP: None }", records: "" },
];

describe("records of", () => {
  it.each(cases)("$name", ({ service, slices, records }) => {
    const object: Service = {
      metadata: { name: "web", namespace: "shop" },
      spec: parse(service) as NonNullable<Service["spec"]>,
    };
    const result = recordsOf(object, parse(slices ?? "[]") as EndpointSlice[], "cluster.local");
    const lines = [...result.names].flatMap(([name, list]) =>
      list.map(({ type, ...data }) => `${name} ${type} ${Object.values(data).join(" ")}`),
    );
    const reverse = [...result.reverse].map(([address, name]) => `${address} -> ${name}`);
    const expected = records
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    expect(stringify([...lines, ...reverse])).toBe(stringify(expected));
  });
});
