/** What `kubectl get ingresses` shows. */
import { ageColumn, nameColumn, none } from "../../machinery/columns.ts";
import type { Column } from "../../machinery/kind.ts";
import type { Ingress } from "../../machinery/types.ts";

const mostHosts = 3;

/** `a.com,b.com,c.com + 2 more...`; `*` where no rule names a host. */
function hostsOf(object: Ingress): string {
  const rules = object.spec?.rules ?? [];
  const hosts = rules.flatMap(({ host }) => host || []);
  if (hosts.length === 0) return "*";
  const more = hosts.length > mostHosts ? ` + ${rules.length - mostHosts} more...` : "";
  return hosts.slice(0, mostHosts).join(",") + more;
}

function addressesOf(object: Ingress): string {
  const entries = object.status?.loadBalancer?.ingress ?? [];
  const addresses = entries.map((entry) => entry.ip || entry.hostname || "").filter((address) => address !== "");
  return [...new Set(addresses)].sort().join(",");
}

export const ingressColumns: readonly Column<Ingress>[] = [
  nameColumn,
  { name: "Class", type: "string", value: (object) => object.spec?.ingressClassName ?? none },
  { name: "Hosts", type: "string", value: hostsOf },
  { name: "Address", type: "string", value: addressesOf },
  { name: "Ports", type: "string", value: (object) => ((object.spec?.tls ?? []).length > 0 ? "80, 443" : "80") },
  ageColumn,
];
