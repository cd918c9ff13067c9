import { expect, it } from "vitest";
import type { Stored } from "../../machinery/object.ts";
import type { Pod } from "../../machinery/types.ts";
import { considerPods } from "./consider.ts";

function pod(
  name: string,
  labels: Record<string, string>,
  more: { status?: object; metadata?: object } = {},
): Stored<Pod> {
  const conditions = [{ type: "Ready", status: "True" }];
  return {
    metadata: { name, uid: name, resourceVersion: "1", creationTimestamp: "", labels, ...more.metadata },
    status: { phase: "Running", podIP: "10.244.0.5", conditions, ...more.status },
  } as unknown as Stored<Pod>;
}

const web = { app: "web", tier: "front" };
const service = { spec: { selector: web } };
const target = (podUid: string) => ({ ip: "10.244.0.5", port: 80, podUid });

it.each<[string, Stored<Pod>, string | undefined]>([
  ["an endpoint", pod("endpoint", web), undefined],
  ["terminating", pod("a", web, { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }), "terminating"],
  ["ended", pod("a", web, { status: { phase: "Succeeded" } }), "has ended (Succeeded)"],
  ["without an address", pod("a", web, { status: { podIP: undefined } }), "has no address yet"],
  [
    "not ready",
    pod("a", web, {
      status: { conditions: [{ type: "Ready", status: "False", message: "containers with unready status: [c]" }] },
    }),
    "not ready: containers with unready status: [c]",
  ],
  ["ready, and yet none", pod("a", web), "ready, but no port of it is the Service's target port"],
])("%s", (_, candidate, excluded) => {
  const { selected } = considerPods(service, [target("endpoint")], [candidate]);
  expect(selected.map((considered) => considered.excluded)).toEqual([excluded]);
});

it("tells of an endpoint that serves only because no other is ready", () => {
  const last = pod("endpoint", web, { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
  const { selected } = considerPods(service, [target("endpoint")], [last]);
  const note = "terminating, and serving while no endpoint is ready";
  expect(selected).toEqual([{ pod: "endpoint", ip: "10.244.0.5", note }]);
});

it.each([
  [["IPv4"], "10.244.0.5"],
  [["IPv4", "IPv6"], "10.244.0.5"],
  [["IPv6", "IPv4"], "fd00:10:244::5"],
  [["IPv6"], "fd00:10:244::5"],
])("tells of addresses of Pods in the first family of %j", (ipFamilies, ip) => {
  const podIPs = [{ ip: "10.244.0.5" }, { ip: "fd00:10:244::5" }];
  const pods = [pod("endpoint", web, { status: { podIPs } }), pod("typo", { app: "wbe" }, { status: { podIPs } })];
  const { selected, nearMisses } = considerPods({ spec: { selector: web, ipFamilies } }, [target("endpoint")], pods);
  expect([...selected, ...nearMisses].map((considered) => considered.ip)).toEqual([ip, ip]);
});

it("tells of endpoints first, and of the nearest misses", () => {
  const pods = [
    pod("pending", web, { status: { podIP: undefined } }),
    pod("db", { app: "database" }),
    pod("endpoint", web),
    pod("typo", { app: "wbe", tier: "front" }),
    pod("other", { app: "batch", tier: "front" }),
    pod("bare", {}),
  ];
  const { selected, nearMisses } = considerPods(service, [target("endpoint")], pods);
  expect(selected.map((considered) => considered.pod)).toEqual(["endpoint", "pending"]);
  expect(nearMisses.map((considered) => considered.pod)).toEqual(["typo", "other", "db"]);
  expect(nearMisses[0]?.excluded).toBe('its label app is "wbe", the Service selects "web"');
  expect(nearMisses[2]?.excluded).toBe(
    'its label app is "database", the Service selects "web"; has no label tier, the Service selects "front"',
  );
});

it("has nothing to say of a Service without a selector", () => {
  expect(considerPods({ spec: {} }, [], [pod("a", web)])).toEqual({ selected: [], nearMisses: [] });
});
