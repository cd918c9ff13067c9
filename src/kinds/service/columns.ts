/** What `kubectl get services` shows. */
import { ageColumn, nameColumn, none, printLabels } from "../../machinery/columns.ts";
import type { Column } from "../../machinery/kind.ts";
import type { Service } from "../../machinery/types.ts";

/** `80:30080/TCP,443/TCP` */
export function printServicePorts(object: Service): string {
  const ports = (object.spec?.ports ?? []).map((port) =>
    port.nodePort ? `${port.port}:${port.nodePort}/${port.protocol}` : `${port.port}/${port.protocol}`,
  );
  return ports.join(",") || none;
}

/** Addresses at which the Service is reached from outside, as far as it has any. */
export function externalAddress(object: Service): string {
  const { type, externalIPs = [], externalName } = object.spec ?? {};
  if (type === "ExternalName") return externalName ?? "";
  if (type !== "LoadBalancer") return externalIPs.join(",") || none;
  const ingress = (object.status?.loadBalancer?.ingress ?? []).map((entry) => entry.ip || entry.hostname || "");
  const balancer = [...new Set(ingress.filter((address) => address !== ""))].sort();
  return [...balancer, ...externalIPs].join(",") || "<pending>";
}

export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  { name: "Type", type: "string", value: (object) => object.spec?.type ?? "" },
  {
    name: "Cluster-IP",
    type: "string",
    value: (object) => object.spec?.clusterIPs?.[0] || object.spec?.clusterIP || none,
  },
  { name: "External-IP", type: "string", value: externalAddress },
  { name: "Port(s)", type: "string", value: printServicePorts },
  ageColumn,
  { name: "Selector", type: "string", priority: 1, value: (object) => printLabels(object.spec?.selector) },
];
