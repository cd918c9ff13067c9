/** `skiff up`: starts the daemon, in the background or in this process, and says how to reach it. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { DaemonOptions, RunningDaemon, StatusReport, UpReport } from "../machinery/daemon.ts";
import { AlreadyRunningError, UserError } from "../machinery/daemon.ts";
import type { InstancePaths } from "../machinery/instance-paths.ts";
import type { ProxyMode } from "../machinery/settings.ts";
import { daemonScript, loadDaemon } from "./daemon-module.ts";
import { withDataDirectory } from "./data-directory.ts";
import { ingressPorts } from "./ingress-ports.ts";
import { type InstanceOptions, nameFlag, pathsOf } from "./instance-options.ts";
import { changeKubeconfigs, type KubeconfigPlace, kubeconfigPlaces } from "./kubeconfig-file.ts";
import { mergeKubeconfig } from "./kubeconfig-merge.ts";
import { runningStatus } from "./running-status.ts";

/**
 * V8's nursery: 2 MB instead of 16. What a burst of work leaves in it stays resident for as long as nothing happens: 85 MB
 * instead of 120 after forty Pods, at the same number of requests per second. It is collected by one thread: everything waits
 * meanwhile, and helpers take the processor from those who ask.
 */
const memoryFlags = ["--max-semi-space-size=2", "--no-parallel-scavenge"];

/** How long a daemon that somebody else started may take until it answers. */
const otherLimitMs = 30_000;

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
export type StartMessage = { report: UpReport } | { error: string; alreadyRunning?: true };

/** @returns the exit code. */
export async function up(options: UpOptions): Promise<number> {
  const paths = pathsOf(options);
  const running = await runningStatus(options);
  if (running) return leaveRunning(options, running);
  const daemonOptions = daemonOptionsOf(options, paths);
  if (options.foreground) {
    const daemon = await withDataDirectory(paths, async () => (await loadDaemon()).start(daemonOptions));
    return foreground(options, daemon, paths);
  }
  const began = Date.now();
  let report: UpReport;
  try {
    report = await withDataDirectory(paths, () => startInBackground(daemonOptions, paths));
  } catch (error) {
    const other = error instanceof AlreadyRunningError && (await startedByAnother(options));
    if (!other) throw error;
    return leaveRunning(options, other);
  }
  greet(options, paths, report, `${((Date.now() - began) / 1000).toFixed(2)} s`);
  return 0;
}

/** @throws UserError when the options ask for something else than what runs. */
function leaveRunning(options: UpOptions, running: StatusReport): number {
  const others = refusedWhileRunning(options, running);
  if (others) throw new UserError(others);
  console.log(`Skiff "${options.name}" is running already (pid ${running.pid}) at ${running.apiServer}`);
  return 0;
}

/** Another `skiff up` was quicker by a moment: waits until its daemon answers. */
async function startedByAnother(options: UpOptions): Promise<StatusReport | undefined> {
  for (const end = Date.now() + otherLimitMs; Date.now() < end; ) {
    const running = await runningStatus(options);
    if (running) return running;
    await wait(100);
  }
  return undefined;
}

/** @returns a sentence about the first option that a running instance does not follow, and what to do first. */
export function refusedWhileRunning(
  options: Pick<UpOptions, "name" | "dataDir" | "port" | "podCidr" | "serviceCidr" | "proxyMode">,
  running: Pick<StatusReport, "pid" | "apiServer" | "podCidr" | "serviceCidr" | "proxyMode">,
): string | undefined {
  const { port, podCidr, serviceCidr, proxyMode } = options;
  // What an instance was made with it keeps.
  const asked: [flag: string, given: string | undefined, has: string, first: string][] = [
    ["--port", port?.toString(), new URL(running.apiServer).port || "443", "skiff down"],
    ["--pod-cidr", podCidr, running.podCidr, "skiff reset --yes"],
    ["--service-cidr", serviceCidr, running.serviceCidr, "skiff reset --yes"],
    ["--proxy-mode", proxyMode === "auto" ? undefined : proxyMode, running.proxyMode, "skiff down"],
  ];
  const other = asked.find(([, given, has]) => given !== undefined && given !== has);
  if (!other) return undefined;
  const [flag, given, has, first] = other;
  const present = `Skiff "${options.name}" is running already (pid ${running.pid}) with ${flag} ${has}`;
  return `${present}. To start it with ${given}, first: ${first}${nameFlag(options)}`;
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
  const firstStart = !existsSync(paths.settings);
  const log = openSync(paths.log, "a", 0o600);
  const child = spawn(process.execPath, [...memoryFlags, daemonScript(), JSON.stringify(options)], {
    detached: true,
    cwd: "/",
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const message = await new Promise<StartMessage | { died: string }>((resolve, reject) => {
    child.once("message", (value) => resolve(value as StartMessage));
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ died: signal ?? `exit code ${code}` }));
  });
  if ("died" in message) {
    const end = lastLines(paths.log);
    // It had no time to clear away what it had begun.
    if (firstStart) await (await loadDaemon()).reset(options);
    throw new UserError(`The daemon ended before it was ready (${message.died}). ${end}`);
  }
  if ("error" in message) {
    throw message.alreadyRunning ? new AlreadyRunningError(message.error) : new UserError(message.error);
  }
  child.removeAllListeners();
  child.disconnect();
  child.unref();
  return message.report;
}

function lastLines(file: string): string {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(-5);
  return `The end of ${file}:\n${lines.join("\n")}`;
}

async function foreground(options: UpOptions, daemon: RunningDaemon, paths: InstancePaths): Promise<number> {
  greet(options, paths, daemon.report, undefined);
  const stop = (): void => void daemon.stop({ keepPods: true });
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  await daemon.stopped;
  return 0;
}

function greet(options: UpOptions, paths: InstancePaths, report: UpReport, took: string | undefined): void {
  const places = options.merge ? kubeconfigPlaces() : [];
  const addition = readFileSync(paths.kubeconfig, "utf8");
  const troubles = changeKubeconfigs(places, (text) => mergeKubeconfig(text, addition, report.context));
  for (const trouble of troubles) {
    console.error(`${trouble}\n  To have the kubeconfig there: sudo skiff kubeconfig${nameFlag(options)} > FILE`);
  }
  console.log(`Skiff "${options.name}" is ready at ${report.apiServer}${took ? ` (${took})` : ""}`);
  console.log(`  Pods ${report.podCidr}, Services ${report.serviceCidr}, proxy mode ${report.proxyMode}`);
  console.log(`  Ingress: ${ingressPorts(report.ingress)}`);
  if (report.proxyModeReason) console.log(`  nftables is not used: ${report.proxyModeReason}`);
  const { kubectl, context } = howToAsk(report.context, paths.kubeconfig, places, troubles);
  if (context) console.log(`  ${context}`);
  console.log(`Next: ${kubectl} get nodes      Stop: skiff down${nameFlag(options)}`);
}

/** With which command kubectl reaches the instance, and the sentence about whose current context it is. */
export function howToAsk(
  context: string,
  kubeconfig: string,
  places: readonly KubeconfigPlace[],
  troubles: readonly string[],
): { kubectl: string; context?: string } {
  if (troubles.length === places.length) return { kubectl: `kubectl --kubeconfig ${kubeconfig}` };
  const other = places.length > 1 && troubles.length === 0 ? places.at(-1)?.user : undefined;
  return {
    kubectl: "kubectl",
    context: `kubectl's current context is now "${context}"${other ? `, for ${other.name} too` : ""}`,
  };
}
