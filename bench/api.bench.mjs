// The API under load: creates per second with 32 connections, and how soon 100 watchers see a change.
import { fork } from "node:child_process";
import https from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { credentials, Instance, median, percentile, timed } from "./measure.mjs";

export const title = "API";
const connections = 32;
const creates = 10_000;
const watchers = 100;
const changes = 200;
const payload = "x".repeat(900);

function ask({ url, tls }, agent, method, path, body) {
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        host: url.hostname,
        port: url.port,
        method,
        path,
        agent,
        ...tls,
        headers: body ? { "content-type": "application/json", "content-length": Buffer.byteLength(body) } : {},
      },
      (response) => {
        response.resume();
        response.on("end", () =>
          response.statusCode < 300 ? resolve() : reject(new Error(`${method} ${path}: ${response.statusCode}`)),
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

const configMap = (name, data) => JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });

/** Requests per second with as many connections at once. */
async function rate(target, count, requestOf) {
  const agent = new https.Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  const took = await timed(() =>
    Promise.all(
      Array.from({ length: connections }, async () => {
        while (next < count) {
          const { method, path, body } = requestOf(next++);
          await ask(target, agent, method, path, body);
        }
      }),
    ),
  );
  agent.destroy();
  return count / (took / 1000);
}

/** The least that any server in Node has to do: TLS, HTTP, the body in and out. */
async function bareServer(tls) {
  const child = fork(fileURLToPath(new URL("bare-server.mjs", import.meta.url)), { serialization: "advanced" });
  const ready = new Promise((resolve) => child.once("message", resolve));
  child.send(tls);
  return { child, port: await ready };
}

async function watchLatencies(target) {
  const latencies = [];
  const agent = new https.Agent({ keepAlive: true, maxSockets: watchers + 1 });
  const open = [];
  let seen = 0;
  for (let index = 0; index < watchers; index++) {
    await new Promise((resolve, reject) => {
      const request = https.get(
        {
          host: target.url.hostname,
          port: target.url.port,
          path: "/api/v1/namespaces/watched/configmaps?watch=1",
          agent,
          ...target.tls,
        },
        (response) => {
          let rest = "";
          response.setEncoding("utf8");
          response.on("data", (chunk) => {
            rest += chunk;
            let end = rest.indexOf("\n");
            while (end >= 0) {
              const sent = /"sent":"([\d.]+)"/.exec(rest.slice(0, end))?.[1];
              if (sent) {
                latencies.push(performance.now() - Number(sent));
                seen++;
              }
              rest = rest.slice(end + 1);
              end = rest.indexOf("\n");
            }
          });
          resolve();
        },
      );
      request.on("error", (error) => (error.code === "ECONNRESET" ? resolve() : reject(error)));
      request.flushHeaders();
      open.push(request);
    });
  }
  for (let index = 0; index < changes; index++) {
    await ask(
      target,
      agent,
      "POST",
      "/api/v1/namespaces/watched/configmaps",
      configMap(`change-${index}`, { sent: String(performance.now()) }),
    );
    await wait(10);
  }
  const deadline = Date.now() + 10_000;
  while (seen < watchers * changes && Date.now() < deadline) await wait(20);
  for (const request of open) request.destroy();
  agent.destroy();
  return { latencies, seen };
}

export async function run() {
  const instance = new Instance("bench-api");
  try {
    const { kubeconfig } = instance.up();
    const target = credentials(kubeconfig);
    for (const name of ["load", "watched", "cm-root"]) await instance.kubectl("create", "namespace", name);
    const create = (prefix) => (index) => ({
      method: "POST",
      path: "/api/v1/namespaces/load/configmaps",
      body: configMap(`${prefix}-${index}`, { payload }),
    });
    await rate(target, 2_000, create("warm"));
    const ours = await rate(target, creates, create("c"));
    const gets = await rate(target, creates, (index) => ({
      method: "GET",
      path: `/api/v1/namespaces/load/configmaps/c-${index}`,
    }));

    const bare = await bareServer({ kubeconfig });
    const bareTarget = { url: new URL(`https://127.0.0.1:${bare.port}`), tls: { rejectUnauthorized: false } };
    await rate(bareTarget, 2_000, create("warm"));
    const ceiling = await rate(bareTarget, creates, create("c"));
    bare.child.kill();

    const { latencies, seen } = await watchLatencies(target);
    const agent = new https.Agent({ keepAlive: true });
    const trips = [];
    for (let index = 0; index < 200; index++) trips.push(await timed(() => ask(target, agent, "GET", "/healthz")));
    agent.destroy();
    const middle = median(latencies);
    const trip = median(trips);
    return [
      {
        figure: "creates of 1 KB ConfigMaps, 32 connections",
        value: ours,
        unit: "/s",
        baseline: ceiling,
        baselineIs: "a bare Node HTTPS server",
        ratio: ours / ceiling,
        bar: "≥ 2500 /s",
        holds: ours >= 2500,
      },
      {
        figure: "gets, 32 connections",
        value: gets,
        unit: "/s",
        baseline: ceiling,
        baselineIs: "a bare Node HTTPS server",
        ratio: gets / ceiling,
      },
      {
        figure: "watch latency, 100 watchers, median",
        value: middle,
        unit: "ms",
        baseline: trip,
        baselineIs: "a GET of /healthz",
        ratio: middle / trip,
        bar: "< 5 ms",
        holds: middle < 5,
      },
      { figure: "watch latency, 100 watchers, p99", value: percentile(latencies, 0.99), unit: "ms" },
      {
        figure: "events seen by the watchers",
        value: seen,
        unit: "",
        baseline: watchers * changes,
        baselineIs: "all",
        ratio: seen / (watchers * changes),
        bar: "1",
        holds: seen === watchers * changes,
      },
    ];
  } finally {
    instance.reset();
  }
}
