// Requests through a Service, against the same requests straight to its Pod. wrk, 32 connections, interleaved rounds.
import { execFileSync } from "node:child_process";
import { Instance, median, podSpec } from "./measure.mjs";

export const title = "Requests through a Service";
const rounds = 5;
const seconds = 3;

function wrk(url, newConnections) {
  const header = newConnections ? ["-H", "Connection: close"] : [];
  const output = execFileSync("wrk", ["-t1", "-c32", `-d${seconds}s`, "--latency", ...header, url], {
    encoding: "utf8",
  });
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  const errors = /Socket errors: connect (\d+), read (\d+)/.exec(output);
  // With `Connection: close` wrk counts each end of a connection as a read error, so only failed connects count.
  if (errors && Number(errors[1]) > 0) throw new Error(`${url}: ${errors[0]}`);
  return { rate, p99: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit] };
}

const web = (name, replicas) => [
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: podSpec("nginx:1.27", { command: ["nginx", "-g", "daemon off; error_log /dev/null;"] }),
      },
    },
  },
  { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80 }] } },
];

async function addresses(instance, name) {
  await instance.kubectl("rollout", "status", `deploy/${name}`, "--timeout=120s");
  const service = await instance.kubectl("get", "svc", name, "-o", "jsonpath={.spec.clusterIP}");
  const pod = await instance.kubectl("get", "pods", "-l", `app=${name}`, "-o", "jsonpath={.items[0].status.podIP}");
  return { service, pod };
}

async function measure(mode, cases) {
  const instance = new Instance(`bench-${mode === "nftables" ? "nft" : "user"}`);
  try {
    instance.up("--proxy-mode", mode);
    // Direct calls go to a Pod of their own: connections of both kinds to one Pod would clash in TIME_WAIT.
    await instance.apply(...web("direct", 1), ...web("one", 1), ...web("three", 3));
    const direct = (await addresses(instance, "direct")).pod;
    const rows = [];
    for (const { endpoints, newConnections, bar } of cases) {
      const { service } = await addresses(instance, endpoints === 1 ? "one" : "three");
      const ours = [];
      const theirs = [];
      for (let round = 0; round < rounds; round++) {
        theirs.push(wrk(`http://${direct}/hostname`, newConnections));
        ours.push(wrk(`http://${service}/hostname`, newConnections));
      }
      const pick = (results, key) => median(results.map((result) => result[key]));
      const ratio = pick(ours, "rate") / pick(theirs, "rate");
      const what = `${mode}, ${endpoints} endpoint${endpoints > 1 ? "s" : ""}, ${newConnections ? "new connections" : "keep-alive"}`;
      rows.push(
        {
          figure: what,
          value: pick(ours, "rate"),
          unit: "req/s",
          baseline: pick(theirs, "rate"),
          baselineIs: "the Pod directly",
          ratio,
          ...(bar && { bar: `≥ ${bar}`, holds: ratio >= bar }),
        },
        {
          figure: `${what}, p99`,
          value: pick(ours, "p99"),
          unit: "ms",
          baseline: pick(theirs, "p99"),
          baselineIs: "the Pod directly",
          ratio: pick(ours, "p99") / pick(theirs, "p99"),
        },
      );
    }
    return rows;
  } finally {
    instance.reset();
  }
}

export async function run() {
  return [
    ...(await measure("nftables", [
      { endpoints: 1, newConnections: false, bar: 0.9 },
      { endpoints: 1, newConnections: true, bar: 0.9 },
      { endpoints: 3, newConnections: false },
      { endpoints: 3, newConnections: true },
    ])),
    ...(await measure("userspace", [
      { endpoints: 1, newConnections: false },
      { endpoints: 1, newConnections: true },
    ])),
  ];
}
