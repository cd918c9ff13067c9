/** `skiff up`: starts the daemon, in the background or in this process, and says how to reach it. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import type { DaemonOptions, StatusReport, UpReport } from "../machinery/daemon.ts";
import { UserError } from "../machinery/daemon.ts";
import type { InstancePaths } from "../machinery/instance-paths.ts";
import type { ProxyMode } from "../machinery/settings.ts";
import { ask } from "./admin-client.ts";
import { daemonScript, loadDaemon } from "./daemon-module.ts";
import { type InstanceOptions, nameFlag, pathsOf } from "./instance-options.ts";
import { changeKubeconfig, userKubeconfig } from "./kubeconfig-file.ts";
import { mergeKubeconfig } from "./kubeconfig-merge.ts";

export interface UpOptions extends InstanceOptions {
  port?: number;
  podCidr?: string;
  serviceCidr?: string;
  nodePortRange?: string;
  proxyMode: ProxyMode | "auto";
  foreground?: boolean;
  /** False with `--no-merge`. */
  merge: boolean;
}

/** What the background daemon sends once, over the IPC channel, after its start. */
export type StartMessage = { report: UpReport } | { error: string };

/** @returns the exit code. */
export async function up(options: UpOptions): Promise<number> {
  const paths = pathsOf(options);
  const running = await ask(paths.socket, "GET", "/skiff/status");
  if (running) {
    const status = JSON.parse(running.body) as StatusReport;
    console.log(`Skiff "${options.name}" is running already (pid ${status.pid}) at ${status.apiServer}`);
    return 0;
  }
  const daemonOptions = daemonOptionsOf(options, paths);
  if (options.foreground) return foreground(options, daemonOptions, paths);
  const began = Date.now();
  const report = await startInBackground(daemonOptions, paths);
  greet(options, paths, report, `${((Date.now() - began) / 1000).toFixed(2)} s`);
  return 0;
}

function daemonOptionsOf(options: UpOptions, paths: InstancePaths): DaemonOptions {
  return {
    name: options.name,
    dataDir: paths.dataDir,
    proxyMode: options.proxyMode,
    ...(options.port !== undefined && { port: options.port }),
    ...(options.podCidr && { podCidr: options.podCidr }),
    ...(options.serviceCidr && { serviceCidr: options.serviceCidr }),
    ...(options.nodePortRange && { nodePortRange: options.nodePortRange }),
  };
}

async function startInBackground(options: DaemonOptions, paths: InstancePaths): Promise<UpReport> {
  mkdirSync(paths.dataDir, { recursive: true, mode: 0o700 });
  const log = openSync(paths.log, "a", 0o600);
  const child = spawn(process.execPath, [daemonScript(), JSON.stringify(options)], {
    detached: true,
    cwd: "/",
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const message = await new Promise<StartMessage>((resolve, reject) => {
    child.once("message", (value) => resolve(value as StartMessage));
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      resolve({
        error: `The daemon ended before it was ready (${signal ?? `exit code ${code}`}). ${lastLines(paths.log)}`,
      }),
    );
  });
  if ("error" in message) throw new UserError(message.error);
  child.removeAllListeners();
  child.disconnect();
  child.unref();
  return message.report;
}

function lastLines(file: string): string {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(-5);
  return `The end of ${file}:\n${lines.join("\n")}`;
}

async function foreground(options: UpOptions, daemonOptions: DaemonOptions, paths: InstancePaths): Promise<number> {
  const daemon = await (await loadDaemon()).start(daemonOptions);
  greet(options, paths, daemon.report, undefined);
  const stop = (): void => void daemon.stop({ keepPods: true });
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  await daemon.stopped;
  return 0;
}

function greet(options: UpOptions, paths: InstancePaths, report: UpReport, took: string | undefined): void {
  if (options.merge) {
    const user = userKubeconfig();
    changeKubeconfig(user, (text) => mergeKubeconfig(text, readFileSync(paths.kubeconfig, "utf8"), report.context));
  }
  console.log(`Skiff "${options.name}" is ready at ${report.apiServer}${took ? ` (${took})` : ""}`);
  console.log(`  Pods ${report.podCidr}, Services ${report.serviceCidr}, proxy mode ${report.proxyMode}`);
  if (report.proxyModeReason) console.log(`  nftables is not used: ${report.proxyModeReason}`);
  const kubectl = options.merge ? "kubectl" : `kubectl --kubeconfig ${paths.kubeconfig}`;
  if (options.merge) console.log(`  kubectl's current context is now "${report.context}"`);
  console.log(`Next: ${kubectl} get nodes      Stop: skiff down${nameFlag(options)}`);
}
