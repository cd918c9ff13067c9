/** Where a port of a Service leads. Rule: the EndpointSlice API's conditions, and KEP-1669 for Pods that are ending. */
import type { Endpoint, EndpointSlice, Service } from "../machinery/types.ts";

export interface Target {
  /** An address; a name for a Service of type ExternalName. */
  host: string;
  port: number;
}

interface FoundEndpoint extends Target {
  /** Absent for endpoints that are not Pods. */
  podUid: string | undefined;
}

export interface ServiceTargets {
  /** In order, without doubles. */
  targets: readonly Target[];
  /** What the port says that it speaks: `kubernetes.io/h2c`. */
  appProtocol?: string;
}

/** @returns undefined when the Service has no such port. */
export function targetsOf(
  service: Service,
  slices: readonly EndpointSlice[],
  wanted: number | string,
): ServiceTargets | undefined {
  const { ports = [], type, externalName } = service.spec ?? {};
  const port = ports.find(({ name, port: number }) =>
    typeof wanted === "number" ? number === wanted : name === wanted,
  );
  if (type === "ExternalName") {
    // Its ports are only for the record.
    const number = port?.port ?? (typeof wanted === "number" ? wanted : undefined);
    return externalName && number ? { targets: [{ host: externalName, port: number }] } : undefined;
  }
  if (!port || (port.protocol ?? "TCP") !== "TCP") return undefined;
  const chosen = new Map(
    endpointsOf(service, port.name, slices).map(({ host, port: number }) => [
      `${host} ${number}`,
      { host, port: number },
    ]),
  );
  const targets = [...chosen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
  return { targets, ...(port.appProtocol && { appProtocol: port.appProtocol }) };
}

/** UIDs of the Pods among the endpoints of all ports. */
export function podUidsBehind(service: Service, slices: readonly EndpointSlice[]): ReadonlySet<string> {
  const ports = (service.spec?.ports ?? []).filter(({ protocol }) => (protocol ?? "TCP") === "TCP");
  return new Set(ports.flatMap(({ name }) => endpointsOf(service, name, slices).flatMap(({ podUid }) => podUid ?? [])));
}

/**
 * Those of the Service's first family, or of the other where there is none: a dual-stack Service's Pods are told of once for
 * each.
 */
function endpointsOf(
  { spec }: Service,
  portName: string | undefined,
  slices: readonly EndpointSlice[],
): FoundEndpoint[] {
  const types = new Set([...(spec?.ipFamilies ?? []), "IPv4", "IPv6"]);
  for (const type of types) {
    const found = endpointsIn(
      portName,
      slices.filter(({ addressType }) => addressType === type),
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** Those that are ready; only where there is none those that still answer while they end. */
function endpointsIn(portName: string | undefined, slices: readonly EndpointSlice[]): FoundEndpoint[] {
  const found: Record<"ready" | "ending", FoundEndpoint[]> = { ready: [], ending: [] };
  for (const slice of slices) {
    for (const { name, port, protocol } of slice.ports ?? []) {
      if ((name ?? "") !== (portName ?? "") || !port || (protocol ?? "TCP") !== "TCP") continue;
      for (const endpoint of slice.endpoints) {
        const group = groupOf(endpoint);
        const host = endpoint.addresses[0];
        const podUid = endpoint.targetRef?.kind === "Pod" ? endpoint.targetRef.uid : undefined;
        if (group && host) found[group].push({ host, port, podUid });
      }
    }
  }
  return found.ready.length > 0 ? found.ready : found.ending;
}

function groupOf({ conditions }: Endpoint): "ready" | "ending" | undefined {
  if (conditions?.ready ?? true) return "ready";
  return conditions?.serving === true && conditions.terminating === true ? "ending" : undefined;
}

/** The port to which `http://<svc>.<ns>.localhost` leads: the one that says it is HTTP, else the first. */
export function webPortOf(service: Service): number | undefined {
  const ports = (service.spec?.ports ?? []).filter(({ protocol }) => (protocol ?? "TCP") === "TCP");
  const isHttp = ({ name, appProtocol }: (typeof ports)[number]): boolean =>
    appProtocol === "http" || /^(http|web)\b/.test(name ?? "");
  return (ports.find(isHttp) ?? ports.find(({ port }) => port === 80) ?? ports[0])?.port;
}
