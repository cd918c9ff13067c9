/** Follows a live request to a Service, from its name to the Pod that takes it: what `skiff trace` asks. */
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import type { Client } from "./machinery/client.ts";
import { hostPort } from "./machinery/ipv6.ts";
import { dnsAddress } from "./machinery/network-names.ts";
import { keyOf, type Stored } from "./machinery/object.ts";
import { endpointSlices, pods, services } from "./machinery/resource.ts";
import { serviceKeyOf } from "./machinery/service-slices.ts";
import type { ServiceTrace, TracedConnection } from "./machinery/service-trace.ts";
import type { ClusterSettings } from "./machinery/settings.ts";
import { StatusError } from "./machinery/status-error.ts";
import type { EndpointSlice, Pod, Service, ServicePort } from "./machinery/types.ts";
import { considerPods, excludedEndpoints, type ServiceProxy, type Target } from "./proxy/index.ts";

const limitMs = 3_000;

export interface TraceParts {
  client: Client;
  proxy: ServiceProxy;
  settings: ClusterSettings;
}

/** @throws StatusError NotFound. */
export async function traceService(parts: TraceParts, namespace: string, name: string): Promise<ServiceTrace> {
  const { client, proxy } = parts;
  const service = client.get(services, { namespace, name });
  if (!service) throw StatusError.notFound(services, name);
  const rules = proxy.rules.get(keyOf(service));
  const { type = "ClusterIP", clusterIPs = [], ports = [] } = service.spec ?? {};
  const addresses = clusterIPs.filter((ip) => ip !== "None");
  const slices = slicesOf(parts, service);
  const targets = rules?.ports.flatMap((port) => port.targets) ?? endpointsOf(slices);
  const present = type === "ExternalName" ? [] : client.list(pods, { namespace });
  const { selected, nearMisses } = considerPods(service, targets, present);
  const names = new Set(selected.map(({ pod }) => pod));
  const uids = new Set(present.filter(({ metadata }) => names.has(metadata.name)).map(({ metadata }) => metadata.uid));
  const connections: TracedConnection[] = [];
  for (const port of rules ? ports : []) {
    if ((port.protocol ?? "TCP") !== "TCP") continue;
    for (const address of addresses) connections.push(await call(parts, address, port, present));
  }
  return {
    service: `${namespace}/${name}`,
    type,
    clusterIPs: addresses,
    dns: await lookUp(parts, service),
    pods: selected,
    others: [...new Set(targets.filter(({ podUid }) => !uids.has(podUid ?? "")).map(printTarget))],
    excludedOthers: type === "ExternalName" ? [] : excludedEndpoints(slices, targets, uids, service.spec?.ipFamilies),
    nearMisses,
    connections,
  };
}

function slicesOf({ client }: TraceParts, { metadata }: Stored<Service>): Stored<EndpointSlice>[] {
  const slices = client.list(endpointSlices, { namespace: metadata.namespace ?? "" });
  return slices.filter((slice) => serviceKeyOf(slice) === keyOf({ metadata }));
}

/** Those of a Service without rules, to which its name leads. */
function endpointsOf(slices: readonly EndpointSlice[]): Target[] {
  return slices.flatMap(({ endpoints, ports }) =>
    endpoints
      .filter(({ conditions }) => conditions?.ready ?? true)
      .map(({ addresses: [ip = ""], targetRef }) => ({
        ip,
        port: ports?.[0]?.port ?? 0,
        ...(targetRef?.uid && { podUid: targetRef.uid }),
      })),
  );
}

/** What the resolver's errors mean. */
const noAnswers: Readonly<Record<string, string>> = {
  ENOTFOUND: "NXDOMAIN, there is no such name",
  ENODATA: "no address",
  ESERVFAIL: "SERVFAIL, the server has failed",
  ETIMEOUT: `no answer within ${limitMs / 1000} s`,
};

async function lookUp({ settings }: TraceParts, { metadata, spec }: Stored<Service>): Promise<ServiceTrace["dns"]> {
  const name = `${metadata.name}.${metadata.namespace}.svc.${settings.clusterDomain}`;
  const server = dnsAddress(settings);
  const resolver = new Resolver({ timeout: limitMs, tries: 1 });
  resolver.setServers([server]);
  const began = performance.now();
  const elapsed = () => Math.round((performance.now() - began) * 100) / 100;
  try {
    // The other name is the answer, whether or not it leads anywhere.
    const answers = await (spec?.type === "ExternalName"
      ? resolver.resolveCname(name)
      : resolveAll(resolver, name, spec?.ipFamilies));
    return { name, server, answers, ms: elapsed() };
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return { name, server, answers: [], ms: elapsed(), failure: noAnswers[code] ?? message };
  }
}

/** In each family of the Service. @throws Error when there is no answer in any. */
async function resolveAll(resolver: Resolver, name: string, families: readonly string[] = ["IPv4"]): Promise<string[]> {
  const asked = families.map((family) => (family === "IPv6" ? resolver.resolve6(name) : resolver.resolve4(name)));
  const results = await Promise.allSettled(asked);
  const answers = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  // The first family's error, where there is nothing to answer with.
  return answers.length > 0 ? answers : ((await asked[0]) ?? []);
}

async function call(
  { proxy }: TraceParts,
  address: string,
  { port, name }: ServicePort,
  present: readonly Stored<Pod>[],
): Promise<TracedConnection> {
  const to = `TCP ${hostPort(address, port)}${name ? ` (${name})` : ""}`;
  const began = performance.now();
  const socket = connect({ host: address, port });
  // Whoever has accepted may reset the connection at any time.
  let isReset = false;
  socket.on("error", () => {
    isReset = true;
  });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(limitMs) });
    const ms = Math.round((performance.now() - began) * 100) / 100;
    const client = { address: socket.localAddress ?? "", port: socket.localPort ?? 0 };
    const target = await proxy.targetOf(client, { address, port });
    if (isReset) return { to, failure: target ? `reset by ${printTarget(target)}` : "reset: no endpoint took it" };
    const pod = target && podAt(present, target.ip)?.metadata.name;
    return { to, ms, ...(target && { endpoint: printTarget(target) }), ...(pod && { pod }) };
  } catch (error) {
    const { code, name: kind, message } = error as NodeJS.ErrnoException;
    const failure =
      kind === "AbortError" ? `no answer within ${limitMs / 1000} s` : code === "ECONNREFUSED" ? "refused" : message;
    return { to, failure };
  } finally {
    socket.destroy();
  }
}

function podAt(pods: readonly Stored<Pod>[], address: string): Stored<Pod> | undefined {
  return pods.find(({ status }) => status?.podIPs?.some(({ ip }) => ip === address) ?? status?.podIP === address);
}

function printTarget({ ip, port }: Pick<Target, "ip" | "port">): string {
  return hostPort(ip, port);
}
