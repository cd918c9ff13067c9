/** `skiff status`. */
import type { StatusReport } from "../machinery/daemon.ts";
import { ingressPorts } from "./ingress-ports.ts";
import { type InstanceOptions, nameFlag } from "./instance-options.ts";
import { runningStatus } from "./running-status.ts";

/** @returns the exit code: 3 when the instance is not running. */
export async function status(options: InstanceOptions & { output?: string }): Promise<number> {
  const report = await runningStatus(options);
  if (!report) {
    if (options.output === "json") console.log(JSON.stringify({ name: options.name, running: false }));
    else console.log(`Skiff "${options.name}" is not running. Start it: skiff up${nameFlag(options)}`);
    return 3;
  }
  console.log(options.output === "json" ? JSON.stringify({ running: true, ...report }, null, 2) : print(report));
  return 0;
}

function print(report: StatusReport): string {
  const counts = (of: Record<string, number>): string =>
    Object.entries(of)
      .map(([what, number]) => `${number} ${what}`)
      .join(", ") || "none";
  const rows: [string, string][] = [
    ["Name", report.name],
    ["Version", `${report.version} (Kubernetes ${report.kubernetesVersion})`],
    ["Process", `pid ${report.pid}, up ${duration(report.uptimeSeconds)}, ${mebibytes(report.memoryBytes)}`],
    ["API server", report.apiServer],
    ["Docker", `${report.docker.version} (API ${report.docker.apiVersion})`],
    ["Proxy mode", report.proxyMode + (report.proxyModeReason ? ` (${report.proxyModeReason})` : "")],
    ["Networks", `Pods ${report.podCidr}, Services ${report.serviceCidr}`],
    ["Ingress", ingressPorts(report.ingress)],
    ["Pods", counts(report.pods)],
    ["Objects", counts(report.objects)],
    ["Data", report.dataDir],
    ["Kubeconfig", `${report.kubeconfig} (context ${report.context})`],
  ];
  return rows.map(([key, value]) => `${`${key}:`.padEnd(13)}${value}`).join("\n");
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function duration(seconds: number): string {
  const units: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "m"],
    [1, "s"],
  ];
  let rest = Math.floor(seconds);
  const parts: string[] = [];
  for (const [size, unit] of units) {
    const number = Math.floor(rest / size);
    rest -= number * size;
    if (number > 0) parts.push(`${number}${unit}`);
  }
  return parts.slice(0, 2).join("") || "0s";
}
