/** A trace as people read it. Pure. */
import type { ServiceTrace, TracedPod } from "../machinery/service-trace.ts";

const columnWidth = 14;

export function printTrace(trace: ServiceTrace): string {
  const { dns, pods, others, nearMisses, connections } = trace;
  const answers = dns.failure ?? (dns.answers.join(", ") || "no address");
  const rows: [string, string[]][] = [
    ["Service", [`${trace.service} (${trace.type})`]],
    ["DNS", [`${dns.name} → ${answers} (${dns.server}, ${dns.ms} ms)`]],
    [
      "Cluster IP",
      [
        trace.clusterIPs.join(", ") ||
          (trace.type === "ExternalName" ? "none: it is another name" : "none: its name leads to its endpoints"),
      ],
    ],
    ["Endpoints", [...pods.filter(({ excluded }) => excluded === undefined).map(printPod), ...others]],
    ["Excluded", [...pods.filter(({ excluded }) => excluded !== undefined).map(printPod), ...trace.excludedOthers]],
    ["Not selected", nearMisses.map(printPod)],
    ["Request", connections.map(printConnection)],
  ];
  return rows
    .filter(([title, lines]) => lines.length > 0 || title === "Endpoints")
    .flatMap(([title, lines]) =>
      (lines.length > 0 ? lines : ["none"]).map(
        (line, index) => `${(index === 0 ? `${title}:` : "").padEnd(columnWidth)}${line}`,
      ),
    )
    .join("\n");
}

function printPod({ pod, ip, excluded, note = excluded }: TracedPod): string {
  return `${pod}${ip ? ` (${ip})` : ""}${note ? `: ${note}` : ""}`;
}

function printConnection({ to, endpoint, pod, ms, failure }: ServiceTrace["connections"][number]): string {
  if (failure !== undefined) return `${to}: ${failure}`;
  const where =
    endpoint === undefined ? "an endpoint that could not be found out" : `${endpoint}${pod ? ` (${pod})` : ""}`;
  return `${to} → ${where}, connected in ${ms} ms`;
}
