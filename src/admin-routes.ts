/** Paths of the API server that are about this instance of Skiff: what `skiff status` and `skiff down` ask. */
import type { ExtraRoute } from "./apiserver/http/exchange.ts";
import type { EngineFacts } from "./kubelet/docker/host-facts.ts";
import type { Client } from "./machinery/client.ts";
import type { RunningDaemon, StatusReport, UpReport } from "./machinery/daemon.ts";
import type { InstancePaths } from "./machinery/instance-paths.ts";
import { pods } from "./machinery/resource.ts";
import { type ClusterSettings, kubernetesVersion } from "./machinery/settings.ts";
import type { Store } from "./store/store.ts";

export interface AdminParts {
  settings: ClusterSettings;
  paths: InstancePaths;
  report: UpReport;
  engine: EngineFacts;
  store: Store;
  client: Client;
  stop: RunningDaemon["stop"];
}

export function adminRoutes(parts: AdminParts): ExtraRoute[] {
  return [
    {
      method: "GET",
      path: "/skiff/status",
      async handle({ response }) {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(statusReport(parts)));
      },
    },
    {
      method: "POST",
      path: "/skiff/shutdown",
      async handle({ request, response }) {
        const { searchParams } = new URL(request.url ?? "/", "http://skiff");
        response.statusCode = 202;
        response.setHeader("connection", "close");
        response.end();
        void parts.stop({ keepPods: searchParams.get("keepPods") === "true" });
      },
    },
  ];
}

function statusReport({ settings, paths, report, engine, store, client }: AdminParts): StatusReport {
  const phases: Record<string, number> = {};
  for (const { status } of client.list(pods)) {
    const phase = status?.phase ?? "Unknown";
    phases[phase] = (phases[phase] ?? 0) + 1;
  }
  return {
    ...report,
    name: settings.name,
    version: process.env["SKIFF_VERSION"] ?? "0.1.0",
    kubernetesVersion,
    uptimeSeconds: Math.floor(process.uptime()),
    docker: { version: engine.version, apiVersion: engine.apiVersion },
    objects: Object.fromEntries(store.counts()),
    pods: phases,
    memoryBytes: process.memoryUsage.rss(),
    dataDir: paths.dataDir,
  };
}
