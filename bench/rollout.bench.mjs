// A rolling update under load: no request may fail, and none may take long.
import http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { Instance, percentile, podSpec } from "./measure.mjs";

export const title = "Rolling update under load";
const clients = 16;

/** Sixteen clients that call without pause, a new connection for each request, until told to stop. */
function load(host, port) {
  const latencies = [];
  const errors = [];
  let going = true;
  const once = () =>
    new Promise((resolve, reject) => {
      const request = http.get({ host, port, path: "/", agent: false, timeout: 10_000 }, (response) => {
        response.resume();
        response.on("error", reject);
        response.on("end", () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${response.statusCode}`)),
        );
      });
      request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
      request.on("error", reject);
    });
  const all = Array.from({ length: clients }, async () => {
    while (going) {
      const began = performance.now();
      await once().catch((error) => errors.push(error.message));
      latencies.push(performance.now() - began);
    }
  });
  return async () => {
    going = false;
    await Promise.all(all);
    return {
      requests: latencies.length,
      failed: errors.length,
      errors,
      slowest: Math.max(...latencies),
      p99: percentile(latencies, 0.99),
    };
  };
}

export async function run() {
  const instance = new Instance("bench-roll");
  try {
    instance.up();
    await instance.apply(
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: {
          replicas: 3,
          selector: { matchLabels: { app: "web" } },
          template: {
            metadata: { labels: { app: "web" } },
            spec: {
              ...podSpec("hostnames:1", { readinessProbe: { httpGet: { path: "/", port: 9376 }, periodSeconds: 1 } }),
              terminationGracePeriodSeconds: 15,
            },
          },
        },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web" },
        spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 9376 }] },
      },
    );
    await instance.kubectl("rollout", "status", "deploy/web", "--timeout=120s");
    const host = await instance.kubectl("get", "svc", "web", "-o", "jsonpath={.spec.clusterIP}");

    const quiet = load(host, 80);
    await wait(5_000);
    const steady = await quiet();

    const busy = load(host, 80);
    await wait(500);
    await instance.kubectl("set", "image", "deploy/web", "c=hostnames:2");
    await instance.kubectl("rollout", "status", "deploy/web", "--timeout=120s");
    await wait(2_000);
    const rolling = await busy();
    if (rolling.failed > 0) console.log([...new Set(rolling.errors)].join("; "));
    return [
      {
        figure: `failed requests of ${rolling.requests}`,
        value: rolling.failed,
        baseline: steady.failed,
        baselineIs: "without an update",
        bar: "0",
        holds: rolling.failed === 0,
      },
      {
        figure: "slowest request",
        value: rolling.slowest,
        unit: "ms",
        baseline: steady.slowest,
        baselineIs: "without an update",
        ratio: rolling.slowest / steady.slowest,
        bar: "< 250 ms",
        holds: rolling.slowest < 250,
      },
      {
        figure: "p99",
        value: rolling.p99,
        unit: "ms",
        baseline: steady.p99,
        baselineIs: "without an update",
        ratio: rolling.p99 / steady.p99,
      },
    ];
  } finally {
    instance.reset();
  }
}
