import { expect, it } from "vitest";
import type { ServiceTrace } from "../machinery/service-trace.ts";
import { printTrace } from "./print-trace.ts";

const trace: ServiceTrace = {
  service: "default/web",
  type: "ClusterIP",
  clusterIPs: ["10.96.7.10"],
  dns: { name: "web.default.svc.cluster.local", server: "10.96.0.10", answers: ["10.96.7.10"], ms: 0.4 },
  pods: [
    { pod: "web-a", ip: "10.244.0.5" },
    { pod: "web-b", ip: "10.244.0.6", excluded: "terminating" },
  ],
  others: ["192.0.2.5:80"],
  excludedOthers: ["192.0.2.6: not ready"],
  nearMisses: [{ pod: "typo", excluded: 'its label app is "wbe", the Service selects "web"' }],
  connections: [
    { to: "TCP 10.96.7.10:80", endpoint: "10.244.0.5:8080", pod: "web-a", ms: 0.3 },
    { to: "TCP 10.96.7.10:81", failure: "refused" },
  ],
};

it("prints a line for each step", () => {
  expect(printTrace(trace)).toBe(`Service:      default/web (ClusterIP)
DNS:          web.default.svc.cluster.local → 10.96.7.10 (10.96.0.10, 0.4 ms)
Cluster IP:   10.96.7.10
Endpoints:    web-a (10.244.0.5)
              192.0.2.5:80
Excluded:     web-b (10.244.0.6): terminating
              192.0.2.6: not ready
Not selected: typo: its label app is "wbe", the Service selects "web"
Request:      TCP 10.96.7.10:80 → 10.244.0.5:8080 (web-a), connected in 0.3 ms
              TCP 10.96.7.10:81: refused`);
});

it("says what is unusual about an endpoint", () => {
  const last = { pod: "web-a", ip: "10.244.0.5", note: "terminating, and serving while no endpoint is ready" };
  expect(printTrace({ ...trace, pods: [last] })).toContain(
    "Endpoints:    web-a (10.244.0.5): terminating, and serving while no endpoint is ready\n",
  );
});

it("says so where there is nothing", () => {
  const bare = { ...trace, clusterIPs: [], pods: [], others: [], excludedOthers: [], nearMisses: [], connections: [] };
  expect(printTrace({ ...bare, dns: { ...trace.dns, answers: [], failure: "NXDOMAIN, there is no such name" } })).toBe(
    `Service:      default/web (ClusterIP)
DNS:          web.default.svc.cluster.local → NXDOMAIN, there is no such name (10.96.0.10, 0.4 ms)
Cluster IP:   none: its name leads to its endpoints
Endpoints:    none`,
  );
});
