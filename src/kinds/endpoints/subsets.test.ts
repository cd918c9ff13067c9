import { expect, test } from "vitest";
import type { Stored } from "../../machinery/object.ts";
import type { Pod, Service, ServicePort } from "../../machinery/types.ts";
import { subsetsOf } from "./subsets.ts";

function service(ports: ServicePort[], spec: Partial<NonNullable<Service["spec"]>> = {}): Stored<Service> {
  const metadata = { name: "web", namespace: "default", uid: "s", resourceVersion: "1", creationTimestamp: "" };
  return { apiVersion: "v1", kind: "Service", metadata, spec: { ports, ...spec } };
}

/** @param ports of its container, by name. */
function pod(index: number, ready = true, ports: Record<string, number> = {}): Stored<Pod> {
  const metadata = {
    name: `p${index}`,
    namespace: "default",
    uid: `u${index}`,
    resourceVersion: "1",
    creationTimestamp: "",
  };
  const containerPorts = Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { nodeName: "node-1", containers: [{ name: "c", ports: containerPorts }] },
    status: { podIP: `10.0.0.${index}`, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

/** `10.0.0.1,10.0.0.2 (10.0.0.3) : 80` with those not ready in brackets. */
function printed(of: Stored<Service>, members: Stored<Pod>[]): string[] {
  return subsetsOf(of, members).map(({ addresses, notReadyAddresses, ports }) => {
    const list = (items: { ip: string }[] = []) => items.map(({ ip }) => ip).join(",");
    return `${list(addresses)} (${list(notReadyAddresses)}) : ${(ports ?? []).map(({ port }) => port).join(",")}`;
  });
}

const http = { name: "http", port: 80, targetPort: "http" };
const admin = { name: "admin", port: 81, targetPort: "admin" };

test.each<[string, Stored<Service>, Stored<Pod>[], string[]]>([
  ["nobody", service([{ port: 80 }]), [], []],
  [
    "ready and not, in order of address",
    service([{ port: 80, targetPort: 9376 }]),
    [pod(2), pod(1), pod(3, false)],
    ["10.0.0.1,10.0.0.2 (10.0.0.3) : 9376"],
  ],
  [
    "not ready ones published",
    service([{ port: 80 }], { publishNotReadyAddresses: true }),
    [pod(1, false)],
    ["10.0.0.1 () : 80"],
  ],
  [
    "ports of the same Pods together",
    service([http, admin]),
    [pod(1, true, { http: 80, admin: 81 })],
    ["10.0.0.1 () : 80,81"],
  ],
  [
    "a named port may differ from Pod to Pod",
    service([http]),
    [pod(1, true, { http: 80 }), pod(2, true, { http: 8080 })],
    ["10.0.0.1 () : 80", "10.0.0.2 () : 8080"],
  ],
  ["a Pod without the named port is left out", service([http]), [pod(1)], []],
  [
    "a headless Service without ports",
    service([], { clusterIP: "None" }),
    [pod(1), pod(2, false)],
    ["10.0.0.1 (10.0.0.2) : "],
  ],
])("%s", (_what, of, members, expected) => {
  expect(printed(of, members)).toEqual(expected);
});

test("a Pod that is being deleted is out at once", () => {
  const leaving = pod(1);
  leaving.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  expect(printed(service([{ port: 80 }]), [leaving, pod(2)])).toEqual(["10.0.0.2 () : 80"]);
});

test("an address names its Pod, node and, in a headless Service, its hostname", () => {
  const member = pod(1);
  member.spec = { containers: [], nodeName: "node-1", hostname: "web-0", subdomain: "web" };
  expect(subsetsOf(service([], { clusterIP: "None" }), [member])[0]?.addresses).toEqual([
    {
      ip: "10.0.0.1",
      hostname: "web-0",
      nodeName: "node-1",
      targetRef: { kind: "Pod", namespace: "default", name: "p1", uid: "u1" },
    },
  ]);
});

test("beyond 1,000 addresses ready ones stay", () => {
  const members = Array.from({ length: 1_100 }, (_, index) => pod(index, index >= 100));
  const [subset] = subsetsOf(service([{ port: 80 }]), members);
  expect([subset?.addresses?.length, subset?.notReadyAddresses]).toEqual([1_000, undefined]);
});
