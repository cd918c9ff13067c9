// What every benchmark needs: an instance of its own, medians, and rows of a table.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { findKubectl } from "../scripts/kubectl.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));
const execute = promisify(execFile);

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Milliseconds that `work` takes. */
export async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Where the API is, and what a client of it needs for TLS. */
export function credentials(kubeconfig) {
  const config = parse(readFileSync(kubeconfig, "utf8"));
  const decode = (text) => Buffer.from(text, "base64");
  const { server, "certificate-authority-data": ca } = config.clusters[0].cluster;
  const user = config.users[0].user;
  return {
    url: new URL(server),
    tls: { ca: decode(ca), cert: decode(user["client-certificate-data"]), key: decode(user["client-key-data"]) },
  };
}

/** An instance of Skiff with a data directory of its own. */
export class Instance {
  constructor(name) {
    this.name = name;
    this.dataDir = mkdtempSync(join(tmpdir(), `skiff-bench-${name}-`));
  }

  /** @param command of one word or two. */
  skiff(command, ...args) {
    const words = [...command.split(" "), "--name", this.name, "--data-dir", this.dataDir, ...args];
    return execFileSync(join(root, "bin/skiff"), words, { encoding: "utf8", maxBuffer: 2 ** 28 });
  }

  up(...args) {
    this.skiff("up", "--no-merge", "--port", "16443", ...args);
    this.report = JSON.parse(this.skiff("status", "-o", "json"));
    return this.report;
  }

  async kubectl(...args) {
    return (await this.kubectlProcess(...args)).stdout;
  }

  async apply(...objects) {
    const applied = this.kubectlProcess("apply", "-f", "-");
    applied.child.stdin.end(objects.map((object) => JSON.stringify(object)).join("\n---\n"));
    await applied;
  }

  kubectlProcess(...args) {
    return execute(findKubectl(), ["--kubeconfig", this.report.kubeconfig, ...args], { maxBuffer: 2 ** 26 });
  }

  /** Calls `onEvent` with every event of a watch and the time it came. Resolves, once it is open, to what ends it. */
  watch(path, onEvent) {
    const { url, tls } = credentials(this.report.kubeconfig);
    return new Promise((resolve, reject) => {
      const request = https.get({ host: url.hostname, port: url.port, path, ...tls }, (response) => {
        let rest = "";
        response.setEncoding("utf8");
        response.on("error", () => {});
        response.on("data", (chunk) => {
          const at = performance.now();
          const lines = (rest + chunk).split("\n");
          rest = lines.pop();
          for (const line of lines) onEvent(JSON.parse(line), at);
        });
        resolve(() => request.destroy());
      });
      request.on("error", reject);
    });
  }

  /** CPU seconds the daemon has used, and its resident bytes. */
  usage() {
    const fields = readFileSync(`/proc/${this.report.pid}/stat`, "utf8").split(") ")[1].split(" ");
    const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.report.pid}/status`, "utf8"))[1];
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, residentBytes: Number(resident) * 1024 };
  }

  reset() {
    this.skiff("reset", "--yes");
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** A Pod or a Deployment's template of one container. */
export function podSpec(image, extra = {}) {
  return {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: "c", image, imagePullPolicy: "IfNotPresent", ...extra }],
  };
}

const format = (value) =>
  typeof value === "number" ? (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)) : String(value);

/** Prints rows `{figure, value, unit, baseline, baselineIs, ratio, bar, holds}` as a Markdown table. */
export function table(rows) {
  const head = "| figure | measured | baseline | ratio | bar | |\n|---|---|---|---|---|---|";
  const body = rows.map(({ figure, value, unit = "", baseline, baselineIs, ratio, bar, holds }) => {
    const base = baseline === undefined ? "" : `${format(baseline)} ${unit} (${baselineIs})`;
    const verdict = holds === undefined ? "" : holds ? "holds" : "**falls short**";
    return `| ${figure} | ${format(value)} ${unit} | ${base} | ${ratio === undefined ? "" : format(ratio)} | ${bar ?? ""} | ${verdict} |`;
  });
  return [head, ...body].join("\n");
}
