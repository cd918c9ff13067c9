// Services by the thousand: how fast rules are in force, and what a connection costs among them.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import https from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { loadIptablesChains } from "./iptables-chains.mjs";
import { credentials, Instance, median, percentile } from "./measure.mjs";
import { nginx } from "./nginx.mjs";
import { loadInTurns, reusePorts } from "./wrk.mjs";

export const title = "Services by the thousand";
const many = 5_000;
const few = 100;
const rounds = 5;
const pairs = 5_000;
const changes = 30;

/** Calls of the API with 32 connections. */
function apiOf(instance) {
  const { url, tls } = credentials(instance.report.kubeconfig);
  const agent = new https.Agent({ keepAlive: true, maxSockets: 32, ...tls });
  return (method, path, body, type = "application/json") =>
    new Promise((resolve, reject) => {
      const request = https.request(
        { host: url.hostname, port: url.port, method, path, agent, headers: { "content-type": type } },
        (response) => {
          let text = "";
          response.on("data", (chunk) => (text += chunk));
          response.on("end", () =>
            response.statusCode < 300 ? resolve(JSON.parse(text)) : reject(new Error(`${method} ${path}: ${text}`)),
          );
        },
      );
      request.on("error", reject);
      request.end(body && JSON.stringify(body));
    });
}

const slicePath = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

/** Services `from` to `to`, each with three endpoints that do not exist. */
async function makeServices(api, from, to) {
  const numbers = Array.from({ length: to - from }, (_, n) => from + n);
  const one = async (n) => {
    const name = `s${n}`;
    await api("POST", "/api/v1/namespaces/default/services", { metadata: { name }, spec: { ports: [{ port: 80 }] } });
    await api("POST", slicePath, {
      metadata: { name, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "", port: 80, protocol: "TCP" }],
      endpoints: [1, 2, 3].map((k) => ({ addresses: [`198.19.${n >> 6}.${((n & 63) << 2) + k}`] })),
    });
  };
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (let n = numbers.pop(); n !== undefined; n = numbers.pop()) await one(n);
    }),
  );
}

/** Milliseconds from an acknowledged write of a Service's endpoints until a connection reaches them. */
async function changeTimes(api, instance) {
  const server = createServer((_, response) => response.end("here")).listen(0, "0.0.0.0");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  const service = await api("POST", "/api/v1/namespaces/default/services", {
    metadata: { name: "changing" },
    spec: { ports: [{ port: 80 }] },
  });
  const gateway = instance.report.podCidr.replace(/\.0\/\d+$/, ".1");
  await api("POST", slicePath, {
    metadata: { name: "changing", labels: { "kubernetes.io/service-name": "changing" } },
    addressType: "IPv4",
    ports: [{ name: "", port, protocol: "TCP" }],
    endpoints: [],
  });
  const until = async (wanted) => {
    const began = performance.now();
    while ((await connects(service.spec.clusterIP, 80)) !== wanted);
    return performance.now() - began;
  };
  const times = [];
  for (let change = 0; change < changes; change++) {
    for (const endpoints of [[{ addresses: [gateway] }], []]) {
      await api("PATCH", `${slicePath}/changing`, { endpoints }, "application/merge-patch+json");
      const ms = await until(endpoints.length > 0);
      if (endpoints.length > 0) times.push(ms);
    }
  }
  server.close();
  return times;
}

/** Milliseconds from when a watcher is told that a Pod is Ready until its Service, which had nobody else, answers. */
async function readyTimes(instance, address) {
  const times = [];
  for (let time = 0; time < 5; time++) {
    await instance.kubectl("scale", "deploy/web", "--replicas=0");
    await instance.kubectl("wait", "pod", "-l", "app=web", "--for=delete", "--timeout=60s");
    let ready;
    const stop = await instance.watch(
      "/api/v1/namespaces/default/pods?watch=true&labelSelector=app%3Dweb",
      (event, at) => {
        const isReady = event.object.status?.conditions?.some(
          ({ type, status }) => type === "Ready" && status === "True",
        );
        if (event.type !== "DELETED" && isReady) ready ??= at;
      },
    );
    await instance.kubectl("scale", "deploy/web", "--replicas=1");
    while (!(await connects(address, 80)));
    const answered = performance.now();
    while (ready === undefined) await new Promise((resolve) => setImmediate(resolve));
    stop();
    times.push(Math.max(0, answered - ready));
  }
  return times;
}

/** Microseconds until a connection stands, which is then reset: a client that closes would keep its port for a minute. */
function connectTime(host) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const socket = connect(80, host);
    let us;
    socket.on("error", reject);
    socket.on("connect", () => {
      us = (performance.now() - began) * 1000;
      socket.resetAndDestroy();
    });
    socket.on("close", () => resolve(us));
  });
}

/**
 * New connections one after the other, to the Service and to a Pod in turns. Rates under load differ by a tenth from second
 * to second here; what a connection takes, in its quickest quarter, is the same to half a per cent.
 * @returns what the Service keeps of the Pod's own rate.
 */
async function shareOfPodsRate(service, pod) {
  const shares = [];
  for (let round = 0; round < rounds; round++) {
    const times = { service: [], pod: [] };
    for (let pair = 0; pair < pairs; pair++) {
      times.pod.push(await connectTime(pod));
      times.service.push(await connectTime(service));
    }
    shares.push(percentile(times.pod, 0.25) / percentile(times.service, 0.25));
  }
  return median(shares);
}

function connects(host, port) {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const done = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.on("connect", () => done(true));
    socket.on("error", () => done(false));
  });
}

/** New connections per second to each. */
function ratesOf(hosts) {
  const urls = hosts.map((host) => `http://${host}/hostname`);
  return loadInTurns(urls, { newConnections: true }).map(({ rate }) => rate);
}

export async function run() {
  const instance = new Instance("bench-rules");
  const putBack = reusePorts();
  let removeChains = () => {};
  try {
    instance.up("--proxy-mode", "nftables");
    const api = apiOf(instance);
    // Each way goes to a Pod of its own: connections of two kinds to one Pod would clash in TIME_WAIT.
    const names = ["web", "direct", "chained"];
    await instance.apply(...names.flatMap((name) => nginx(name)));
    for (const name of names) await instance.kubectl("rollout", "status", `deploy/${name}`, "--timeout=120s");
    const address = await instance.kubectl("get", "svc", "web", "-o", "jsonpath={.spec.clusterIP}");
    const podIP = "jsonpath={.items[0].status.podIP}";
    const podOf = (name) => instance.kubectl("get", "pods", "-l", `app=${name}`, "-o", podIP);
    const [direct, chained] = [await podOf("direct"), await podOf("chained")];
    await makeServices(api, 0, few);
    const atFew = await shareOfPodsRate(address, direct);
    await makeServices(api, few, many);
    const atMany = await shareOfPodsRate(address, direct);
    const times = await changeTimes(api, instance);

    const ready = await readyTimes(instance, address);

    // Restarted, it loads all rules at once.
    instance.skiff("down", "--keep-pods");
    instance.up("--proxy-mode", "nftables");
    const log = readFileSync(join(instance.dataDir, "skiff.log"), "utf8").trim().split("\n");
    const loads = log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "rules of all Services are in force");
    const { services, ms: load } = loads.at(-1);

    const elsewhere = "198.18.255.1";
    execFileSync("ip", ["route", "replace", `${elsewhere}/32`, "via", chained]);
    const printed = instance.skiff("proxy rules", "--as", "iptables");
    const chainedAddress = await instance.kubectl("get", "svc", "chained", "-o", "jsonpath={.spec.clusterIP}");
    removeChains = loadIptablesChains(printed, { address: chainedAddress, elsewhere });
    // What nftables has translated passes these chains by. A direct connection does not, and is measured without them.
    const [ours, theirs] = ratesOf([address, elsewhere]);
    removeChains();
    removeChains = () => {};
    const [straight] = ratesOf([direct]);
    return [
      {
        figure: `new connections at ${many} Services, of the Pod's own rate`,
        value: atMany,
        baseline: atFew,
        baselineIs: `at ${few}`,
        ratio: atMany / atFew,
        bar: "≥ 0.97",
        holds: atMany / atFew >= 0.97,
      },
      {
        figure: `new connections at ${many} Services`,
        value: ours,
        unit: "req/s",
        baseline: theirs,
        baselineIs: "iptables chains of that size",
        ratio: ours / theirs,
        bar: "≥ 2.5",
        holds: ours / theirs >= 2.5,
      },
      {
        figure: "new connections to a Pod, without any Service",
        value: straight,
        unit: "req/s",
        baseline: theirs,
        baselineIs: "the same chains",
        ratio: straight / theirs,
      },
      {
        figure: `one Service changed among ${many}: write acknowledged to rules in force, median`,
        value: median(times),
        unit: "ms",
        bar: "≤ 20 ms",
        holds: median(times) <= 20,
      },
      { figure: "the same, slowest", value: Math.max(...times), unit: "ms" },
      {
        figure: `Pod told to be Ready to its Service answering, among ${many}, slowest of ${ready.length}`,
        value: Math.max(...ready),
        unit: "ms",
        bar: "≤ 50 ms",
        holds: Math.max(...ready) <= 50,
      },
      {
        figure: `first full load of ${services} Services`,
        value: load,
        unit: "ms",
        bar: "≤ 300 ms",
        holds: load <= 300,
      },
    ];
  } finally {
    removeChains();
    putBack();
    instance.reset();
  }
}
