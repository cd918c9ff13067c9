/**
 * One Service and its EndpointSlices → its DNS records. Pure.
 * Rule: https://github.com/kubernetes/dns/blob/master/docs/specification.md (version 1.1), and CoreDNS where it says more
 * (endpoint names and their reverse for Services of every kind).
 */
import { isIP } from "node:net";
import type { Endpoint, EndpointSlice, Service } from "../machinery/types.ts";
import type { RecordData } from "./wire.ts";

export interface ServiceRecords {
  /** Lower-case name without the final dot → what is known of it. */
  names: ReadonlyMap<string, readonly RecordData[]>;
  /** Address → the name that its reverse look-up gives. */
  reverse: ReadonlyMap<string, string>;
}

/** Weight shared by the SRV records of one name, as CoreDNS does. */
const totalWeight = 100;
const longestLabel = 63;

interface Host {
  name: string;
  addresses: readonly string[];
}

/** @param domain the cluster's: `cluster.local`. */
export function recordsOf(service: Service, slices: readonly EndpointSlice[], domain: string): ServiceRecords {
  const { name = "", namespace = "" } = service.metadata ?? {};
  const base = `${name}.${namespace}.svc.${domain}`;
  if (service.spec?.type === "ExternalName") {
    const target = (service.spec.externalName ?? "").replace(/\.$/, "");
    // The API allows longer labels than DNS does (RFC 1035 section 2.3.4).
    const labelsFit = target !== "" && target.split(".").every((label) => label.length <= longestLabel);
    return { names: new Map(labelsFit ? [[base, [{ type: "CNAME", target }]]] : []), reverse: new Map() };
  }
  const records = new RecordsBuilder();
  const addresses = (service.spec?.clusterIPs ?? [service.spec?.clusterIP ?? ""]).filter((ip) => isIP(ip) !== 0);
  addEndpoints(records, base, service, slices, addresses.length === 0);
  for (const address of addresses) {
    records.add(base, addressRecord(address));
    records.reverse.set(address, base);
  }
  if (addresses.length > 0) {
    for (const port of service.spec?.ports ?? []) {
      addPort(records, base, { name: port.name ?? "", protocol: port.protocol ?? "TCP", port: port.port }, [base]);
    }
  }
  return records;
}

/** Names of the single endpoints, and for a headless Service also its own name and ports. */
function addEndpoints(
  records: RecordsBuilder,
  base: string,
  service: Service,
  slices: readonly EndpointSlice[],
  headless: boolean,
): void {
  const ports = new Map<string, { port: SlicePort; targets: Set<string> }>();
  for (const slice of slices) {
    const hosts = slice.endpoints
      .filter((endpoint) => isPublished(endpoint, service))
      .map((endpoint): Host => ({ name: `${hostLabel(endpoint)}.${base}`, addresses: endpoint.addresses }));
    for (const host of hosts) addHost(records, base, host, headless);
    for (const { name = "", protocol = "TCP", port } of slice.ports ?? []) {
      if (!port) continue;
      const key = `${name}/${protocol}/${port}`;
      const entry = ports.get(key) ?? { port: { name, protocol, port }, targets: new Set<string>() };
      for (const host of hosts) entry.targets.add(host.name);
      ports.set(key, entry);
    }
  }
  if (!headless) return;
  for (const { port, targets } of ports.values()) addPort(records, base, port, [...targets]);
}

function addHost(records: RecordsBuilder, base: string, host: Host, headless: boolean): void {
  for (const address of host.addresses) {
    if (isIP(address) === 0) continue;
    if (headless) records.add(base, addressRecord(address));
    records.add(host.name, addressRecord(address));
    records.reverse.set(address, host.name);
  }
}

interface SlicePort {
  name: string;
  protocol: string;
  port: number;
}

/** SRV records under `_port._protocol`, for a named port, and under the Service's own name. */
function addPort(records: RecordsBuilder, base: string, port: SlicePort, targets: readonly string[]): void {
  const weight = Math.max(1, Math.floor(totalWeight / Math.max(1, targets.length)));
  for (const target of targets) {
    const data: RecordData = { type: "SRV", priority: 0, weight, port: port.port, target };
    if (port.name) records.add(`_${port.name}._${port.protocol.toLowerCase()}.${base}`, data);
    records.add(base, data);
  }
}

function isPublished(endpoint: Endpoint, service: Service): boolean {
  return service.spec?.publishNotReadyAddresses === true || (endpoint.conditions?.ready ?? true);
}

/** `hostname` of the Pod (StatefulSets, `spec.hostname` with `spec.subdomain`), else its address with dashes. */
function hostLabel(endpoint: Endpoint): string {
  return (endpoint.hostname || (endpoint.addresses[0] ?? "").replace(/[.:]/g, "-")).toLowerCase();
}

function addressRecord(address: string): RecordData {
  return { type: address.includes(":") ? "AAAA" : "A", address };
}

class RecordsBuilder implements ServiceRecords {
  readonly names = new Map<string, RecordData[]>();
  readonly reverse = new Map<string, string>();
  /** What has been added, as text: a headless Service may have a thousand endpoints. */
  readonly #added = new Set<string>();

  /** Adds the record unless the name has it already. */
  add(name: string, data: RecordData): void {
    const text = `${name} ${textOf(data)}`;
    if (this.#added.has(text)) return;
    this.#added.add(text);
    const records = this.names.get(name);
    if (records) records.push(data);
    else this.names.set(name, [data]);
  }
}

/** The same for equal records, of the types that come here. */
function textOf(data: RecordData): string {
  if (data.type === "SRV") return `${data.port} ${data.target}`;
  return "address" in data ? data.address : data.type;
}
