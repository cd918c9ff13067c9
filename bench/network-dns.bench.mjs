// The cluster's DNS with 5,000 Services, against dnsmasq with as many names. dnsperf, 100 questions outstanding, interleaved rounds.
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { decode, encode } from "dns-packet";
import { installPackages } from "../scripts/ensure-docker.mjs";
import { credentials, Instance, median, percentile, root } from "./measure.mjs";

export const title = "DNS";
const names = 5_000;
const rounds = 5;
const seconds = 2;
const changes = 30;
/** Queries per second: about half of what either server can do. */
const halfLoad = 40_000;
const other = { address: "127.0.0.53", port: 15_353 };

const serviceName = (n) => `svc-${n}.default.svc.cluster.local`;

/** A client of the API over a few connections that stay open. */
class Api {
  constructor(instance) {
    const { url, tls } = credentials(instance.report.kubeconfig);
    this.url = url;
    this.agent = new https.Agent({ ...tls, keepAlive: true, maxSockets: 16 });
  }

  send(method, path, body) {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const options = { method, path, headers, host: this.url.hostname, port: this.url.port, agent: this.agent };
      const request = https.request(options, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode < 300) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${text}`));
        });
      });
      request.on("error", reject);
      request.end(JSON.stringify(body));
    });
  }
}

/** Addresses that the server gives for a name; none when it does not answer within a moment. */
function ask(server, name) {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const done = (addresses) => {
      clearTimeout(timer);
      socket.close();
      resolve(addresses);
    };
    const timer = setTimeout(() => done([]), 20);
    socket.on("error", () => done([]));
    socket.on("message", (message) => done(decode(message).answers.map((answer) => answer.data)));
    socket.send(encode({ type: "query", id: 1, questions: [{ type: "A", name }] }), server.port, server.address);
  });
}

/** Milliseconds until the server gives this address for the name. */
async function untilAnswered(server, name, address, limit = 20_000) {
  const began = performance.now();
  while (!(await ask(server, name)).includes(address)) {
    if (performance.now() - began > limit) throw new Error(`${server.address} does not give ${address} for ${name}`);
    await wait(1);
  }
  return performance.now() - began;
}

function dnsperf(server, questions, ...more) {
  const args = ["-s", server.address, "-p", String(server.port), "-d", questions, "-l", String(seconds), ...more];
  const output = execFileSync("dnsperf", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const lost = Number(/Queries lost:\s+(\d+)/.exec(output)?.[1]);
  const good = /Response codes:\s+NOERROR \d+ \(100\.00%\)/.test(output);
  if (lost > 0 || !good) throw new Error(`${server.address}: not every question was answered: ${output}`);
  return Number(/Queries per second:\s+([\d.]+)/.exec(output)[1]);
}

/** Milliseconds that 99 of 100 questions take at most. */
function p99(server, questions, folder, ...more) {
  const file = join(folder, "latencies");
  const args = ["-v", "-s", server.address, "-p", String(server.port), "-d", questions, "-l", String(seconds), ...more];
  execFileSync("dnsperf", args, { stdio: ["ignore", openSync(file, "w"), "ignore"] });
  const latencies = [...readFileSync(file, "utf8").matchAll(/^> NOERROR .* ([\d.]+)$/gm)].map(([, text]) =>
    Number(text),
  );
  return percentile(latencies, 0.99) * 1000;
}

async function startDnsmasq(folder, addresses) {
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, addresses.map((address, n) => `${address} ${serviceName(n)}\n`).join(""));
  const args = ["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", `--addn-hosts=${hosts}`];
  const where = [`--listen-address=${other.address}`, `--port=${other.port}`, "--bind-interfaces", "--user=root"];
  const child = spawn("dnsmasq", [...args, ...where, `--pid-file=${join(folder, "pid")}`, "--cache-size=10000"]);
  await untilAnswered(other, serviceName(names - 1), addresses[names - 1]);
  return child;
}

async function createServices(api) {
  const path = "/api/v1/namespaces/default/services";
  const addresses = [];
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < names; n = next++) {
      const body = { metadata: { name: `svc-${n}` }, spec: { ports: [{ name: "http", port: 80 }] } };
      addresses[n] = (await api.send("POST", path, body)).spec.clusterIP;
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return addresses;
}

/** Milliseconds from the acknowledgement of a change to the first answer that shows it. */
async function measureChanges(api, server) {
  const base = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
  await api.send("POST", "/api/v1/namespaces/default/services", {
    metadata: { name: "db" },
    spec: { clusterIP: "None" },
  });
  const slice = (n) => ({
    metadata: { name: "db-1", labels: { "kubernetes.io/service-name": "db" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [`10.9.0.${n}`] }],
  });
  await api.send("POST", base, slice(1));
  const times = [];
  for (let n = 2; n < changes + 2; n++) {
    await api.send("PUT", `${base}/db-1`, slice(n));
    times.push(await untilAnswered(server, "db.default.svc.cluster.local", `10.9.0.${n}`));
  }
  return times;
}

/** Milliseconds from `skiff up` after a kill -9 to the first right answer. */
async function measureRestart(instance, server, address) {
  process.kill(instance.report.pid, "SIGKILL");
  while ((await ask(server, serviceName(0))).length > 0) await wait(1);
  const args = ["up", "--name", instance.name, "--data-dir", instance.dataDir, "--no-merge"];
  const began = performance.now();
  const child = spawn(join(root, "bin/skiff"), args, { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await untilAnswered(server, serviceName(0), address);
  const passed = performance.now() - began;
  await ended;
  return passed;
}

export async function run() {
  installPackages({ dnsperf: "dnsperf", "dnsmasq-base": "dnsmasq" });
  const folder = mkdtempSync(join(tmpdir(), "skiff-bench-dns-"));
  const instance = new Instance("bench-dns");
  let dnsmasq;
  try {
    instance.up();
    const api = new Api(instance);
    const addresses = await createServices(api);
    const base = instance.report.serviceCidr.split("/")[0];
    const server = { address: base.replace(/\.0$/, ".10"), port: 53 };
    dnsmasq = await startDnsmasq(folder, addresses);
    const questions = join(folder, "questions");
    writeFileSync(questions, addresses.map((_, n) => `${serviceName(n)} A\n`).join(""));
    const ours = [];
    const theirs = [];
    const full = { ours: [], theirs: [] };
    const half = { ours: [], theirs: [] };
    for (let round = 0; round < rounds; round++) {
      theirs.push(dnsperf(other, questions));
      ours.push(dnsperf(server, questions));
      full.theirs.push(p99(other, questions, folder));
      full.ours.push(p99(server, questions, folder));
      half.theirs.push(p99(other, questions, folder, "-Q", String(halfLoad)));
      half.ours.push(p99(server, questions, folder, "-Q", String(halfLoad)));
    }
    const baselineIs = "dnsmasq";
    const ratio = median(ours) / median(theirs);
    const p99Row = (load, { ours: values, theirs: base }) => ({
      figure: `5,000 names, p99 at ${load}`,
      value: median(values),
      unit: "ms",
      baseline: median(base),
      baselineIs,
      ratio: median(values) / median(base),
      bar: "< 2 ms",
      holds: median(values) < 2,
    });
    const change = percentile(await measureChanges(api, server), 0.99);
    const restart = await measureRestart(instance, server, addresses[0]);
    return [
      {
        figure: "5,000 names",
        value: median(ours),
        unit: "queries/s",
        baseline: median(theirs),
        baselineIs,
        ratio,
        bar: "≥ 0.7",
        holds: ratio >= 0.7,
      },
      p99Row("full load, 100 questions outstanding", full),
      p99Row(`${halfLoad.toLocaleString("en")} queries/s`, half),
      { figure: "one Service changed among 5,000: write acknowledged → answered, p99", value: change, unit: "ms" },
      {
        figure: "`skiff up` after kill -9 → first answer, 5,000 Services",
        value: restart,
        unit: "ms",
        bar: "≤ 1,000 ms",
        holds: restart <= 1_000,
      },
    ];
  } finally {
    dnsmasq?.kill();
    instance.reset();
    rmSync(folder, { recursive: true, force: true });
  }
}
