/**
 * UDP has no connections to end: the kernel keeps sending a client's packets to the endpoint it first chose for as long as
 * packets flow. When that endpoint leaves a Service, its entries are deleted, so that the next packet is spread anew.
 * Rule: https://kubernetes.io/docs/reference/networking/virtual-ips/ (kube-proxy's conntrack clean-up).
 */
import { isIPv6 } from "node:net";
import { CommandError, runCommand } from "../machinery/run-command.ts";
import type { PortRules, RuleChange, RuleSet, ServiceRules } from "./compile.ts";
import type { Endpoint } from "./rule-backend.ts";

/** Arguments of the `conntrack` calls that forget the UDP flows which the changes made stale. Pure. */
export function staleFlows(changes: readonly RuleChange[]): string[][] {
  return changes
    .flatMap(({ before, after }) => {
      const kept = new Set(flowsOf(after));
      return [...flowsOf(before).filter((flow) => !kept.has(flow)), ...refusedFlows(before, after)];
    })
    .map((flow) => ["-D", "-p", "udp", ...flow.split(" ")]);
}

/**
 * Arguments of the calls that forget the flows in a listing of `conntrack -L -p udp` which lead from a Service's address or
 * NodePort to none of its targets: what an earlier run left. Pure.
 */
export function strayFlows(listing: string, rules: RuleSet): string[][] {
  const targets = new Map<string, ReadonlySet<string>>();
  for (const port of [...rules.values()].flatMap(udpPorts)) {
    const ips = new Set(port.targets.map((target) => target.ip));
    for (const address of addressesOf(port)) targets.set(`${address}:${port.port}`, ips);
    if (port.nodePort !== undefined) targets.set(`${anyOf(port.ipv6)}:${port.nodePort}`, ips);
  }
  return listing.split("\n").flatMap((line) => {
    // Each line has the flow as its client sees it, then as the answers come.
    const [from, answers] = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)];
    if (!from || !answers) return [];
    const [, source = "", destination = "", sourcePort = "", port = ""] = from;
    const allowed = targets.get(`${destination}:${port}`) ?? targets.get(`${anyOf(isIPv6(destination))}:${port}`);
    if (!allowed || allowed.has(answers[1] ?? "")) return [];
    const flow = ["-s", source, "-d", destination, "--sport", sourcePort, "--dport", port];
    return [["-D", "-p", "udp", ...ipv6Flag(isIPv6(destination)), ...flow]];
  });
}

/** @throws CommandError when `conntrack` is missing or refuses. */
export async function forgetStaleFlows(changes: readonly RuleChange[]): Promise<void> {
  for (const args of staleFlows(changes)) await forget(args);
}

/** As {@link forgetStaleFlows}, when it is not known what the rules were before. */
export async function forgetStrayFlows(rules: RuleSet): Promise<void> {
  const ports = [...rules.values()].flatMap(udpPorts);
  for (const ipv6 of [false, true]) {
    if (!ports.some((port) => (port.ipv6 ?? false) === ipv6)) continue;
    const listing = await runCommand("conntrack", ["-L", "-p", "udp", ...ipv6Flag(ipv6)]);
    for (const args of strayFlows(listing, rules)) await forget(args);
  }
}

/**
 * Forgets every flow to a cluster IP. The kernel remembers what has ended for two minutes, and would move the ports of new
 * connections to Pods that have the addresses of earlier ones out of its way.
 * @throws CommandError when `conntrack` is missing or refuses.
 */
export function forgetServiceFlows(serviceCidr: string): Promise<void> {
  return forget(["-D", ...ipv6Flag(serviceCidr.includes(":")), "--orig-dst", serviceCidr]);
}

/** Where the kernel sent a TCP connection, by the source of its answers; undefined when it knows of none. */
export async function targetOfFlow(
  client: Endpoint,
  frontend: Endpoint,
): Promise<{ ip: string; port: number } | undefined> {
  const flow = ["--orig-src", client.address, "--orig-port-src", String(client.port)];
  const to = ["--orig-dst", frontend.address, "--orig-port-dst", String(frontend.port)];
  const listing = await runCommand("conntrack", [
    "-L",
    "-p",
    "tcp",
    ...ipv6Flag(isIPv6(frontend.address)),
    ...flow,
    ...to,
  ]);
  const [, answers] = [...listing.matchAll(/src=(\S+) dst=\S+ sport=(\d+)/g)];
  return answers && { ip: answers[1] ?? "", port: Number(answers[2]) };
}

async function forget(args: readonly string[]): Promise<void> {
  try {
    await runCommand("conntrack", args);
  } catch (error) {
    // It ends with 1 when there was nothing to delete.
    const nothing = error instanceof CommandError && error.stderr.includes("0 flow entries have been deleted");
    if (!nothing) throw error;
  }
}

/** One text per UDP frontend and target; for a NodePort, every host address is meant. */
function flowsOf(rules: ServiceRules | undefined): string[] {
  return udpPorts(rules).flatMap((port) =>
    port.targets.flatMap((target) => [
      ...addressesOf(port).map((ip) =>
        flow(port, `--orig-dst ${ip} --orig-port-dst ${port.port} --dst-nat ${target.ip}`),
      ),
      ...(port.nodePort === undefined ? [] : [flow(port, `--orig-port-dst ${port.nodePort} --dst-nat ${target.ip}`)]),
    ]),
  );
}

function flow({ ipv6 }: Pick<PortRules, "ipv6">, which: string): string {
  return [...ipv6Flag(ipv6 !== undefined), which].join(" ");
}

/** conntrack looks at IPv4 unless told. */
function ipv6Flag(ipv6: boolean): string[] {
  return ipv6 ? ["-f", "ipv6"] : [];
}

/** Stands for every address of the host. */
function anyOf(ipv6 = false): string {
  return ipv6 ? "[]" : "";
}

/**
 * A NodePort that had no target was a closed port of the host, and the kernel remembers clients that go on knocking there as
 * talking to the host itself. (Cluster IPs without targets are refused before anything is remembered.)
 */
function refusedFlows(before: ServiceRules | undefined, after: ServiceRules | undefined): string[] {
  const openBefore = new Set(openNodePorts(before));
  return openNodePorts(after).filter((port) => !openBefore.has(port));
}

function openNodePorts(rules: ServiceRules | undefined): string[] {
  return udpPorts(rules).flatMap((port) =>
    port.nodePort !== undefined && port.targets.length > 0 ? [flow(port, `--orig-port-dst ${port.nodePort}`)] : [],
  );
}

function addressesOf({ addresses, externalAddresses = [] }: PortRules): string[] {
  return [...addresses, ...externalAddresses.map(({ ip }) => ip)];
}

function udpPorts(rules: ServiceRules | undefined): readonly PortRules[] {
  return rules?.ports.filter((port) => port.protocol === "udp") ?? [];
}
