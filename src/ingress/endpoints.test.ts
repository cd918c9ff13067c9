import { expect, it } from "vitest";
import type { EndpointSlice, Service } from "../machinery/types.ts";
import { podUidsBehind, targetsOf, webPortOf } from "./endpoints.ts";

const service: Service = {
  spec: {
    ports: [
      { name: "web", port: 80, appProtocol: "kubernetes.io/h2c" },
      { name: "admin", port: 81 },
      { name: "dns", port: 53, protocol: "UDP" },
    ],
  },
};

function slice(...endpoints: [ip: string, conditions?: object][]): EndpointSlice {
  return {
    metadata: {},
    addressType: "IPv4",
    ports: [
      { name: "web", port: 8080, protocol: "TCP" },
      { name: "admin", port: 9090, protocol: "TCP" },
      { name: "dns", port: 53, protocol: "UDP" },
    ],
    endpoints: endpoints.map(([ip, conditions]) => ({ addresses: [ip], ...(conditions && { conditions }) })),
  };
}

const ending = { ready: false, serving: true, terminating: true };

it.each<[slices: EndpointSlice[], port: number | string, found: string[] | undefined]>([
  [[slice(["10.0.0.2"], ["10.0.0.1"])], 80, ["10.0.0.1:8080", "10.0.0.2:8080"]],
  [[slice(["10.0.0.1"]), slice(["10.0.0.1"], ["10.0.0.2"])], "admin", ["10.0.0.1:9090", "10.0.0.2:9090"]],
  [[slice(["10.0.0.1", { ready: false }], ["10.0.0.2", { ready: true }])], 80, ["10.0.0.2:8080"]],
  [[slice(["10.0.0.1", ending], ["10.0.0.2", { ready: true }])], 80, ["10.0.0.2:8080"]],
  [[slice(["10.0.0.1", ending], ["10.0.0.2", { ready: false }])], 80, ["10.0.0.1:8080"]],
  [[], 80, []],
  [[slice(["10.0.0.1"])], 82, undefined],
  [[slice(["10.0.0.1"])], "none", undefined],
  // HTTP goes over TCP.
  [[slice(["10.0.0.1"])], 53, undefined],
])("%j: port %s leads to %j", (slices, port, found) => {
  expect(targetsOf(service, slices, port)?.targets.map(({ host, port: number }) => `${host}:${number}`)).toEqual(found);
});

it("names the Pods behind all ports, as far as they are endpoints of one over TCP", () => {
  const of = (name: string, port: string, conditions?: object): EndpointSlice => ({
    metadata: {},
    addressType: "IPv4",
    ports: [{ name: port, port: 8080, protocol: "TCP" }],
    endpoints: [
      { addresses: ["10.0.0.1"], targetRef: { kind: "Pod", uid: name }, ...(conditions && { conditions }) },
      { addresses: ["192.0.2.1"] },
    ],
  });
  const slices = [of("a", "web"), of("b", "admin"), of("c", "web", ending), of("d", "dns"), of("e", "other")];
  expect(podUidsBehind(service, slices)).toEqual(new Set(["a", "b"]));
});

it("says what the port speaks, and where a mere name leads", () => {
  expect(targetsOf(service, [], 80)?.appProtocol).toBe("kubernetes.io/h2c");
  const name: Service = { spec: { type: "ExternalName", externalName: "example.com" } };
  expect(targetsOf(name, [], 443)?.targets).toEqual([{ host: "example.com", port: 443 }]);
});

it.each<[ports: NonNullable<NonNullable<Service["spec"]>["ports"]>, port: number | undefined]>([
  [[{ port: 5432 }], 5432],
  [
    [
      { name: "metrics", port: 9090 },
      { name: "http", port: 3000 },
    ],
    3000,
  ],
  [
    [
      { name: "metrics", port: 9090 },
      { name: "x", port: 80 },
    ],
    80,
  ],
  [[{ name: "dns", port: 53, protocol: "UDP" }], undefined],
])("of %j the port for browsers is %s", (ports, port) => {
  expect(webPortOf({ spec: { ports } })).toBe(port);
});

it("leads to one family: the Service's first, or the other where that has no endpoint", () => {
  const dual = { ...service, spec: { ...service.spec, ipFamilies: ["IPv6", "IPv4"] } };
  const ipv4 = slice(["10.0.0.1"]);
  const ipv6 = { ...slice(["fd00::1"]), addressType: "IPv6" };
  const hosts = (of: Service, slices: EndpointSlice[]) => targetsOf(of, slices, 80)?.targets.map(({ host }) => host);
  expect(hosts(dual, [ipv4, ipv6])).toEqual(["fd00::1"]);
  expect(hosts(dual, [ipv4, { ...ipv6, endpoints: [] }])).toEqual(["10.0.0.1"]);
  expect(hosts(service, [ipv4, ipv6])).toEqual(["10.0.0.1"]);
});
