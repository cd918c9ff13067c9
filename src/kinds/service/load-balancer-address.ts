/** Which address a Service of type LoadBalancer gets: pure but for the question whether a port is free. */
import { formatIpv4, parseIpv4 } from "../../machinery/cidr.ts";
import type { ClusterSettings } from "../../machinery/settings.ts";
import type { Service } from "../../machinery/types.ts";
import { familiesOf } from "./pods-of-service.ts";

export type PortProtocol = "tcp" | "udp";

/** Whether no program of the host listens there. */
export type IsFree = (protocol: PortProtocol, address: string, port: number) => Promise<boolean>;

/** Loopback addresses are taken from here on: 127.64.0.1, 127.64.0.2, … */
const firstLoopback = parseIpv4("127.64.0.1") ?? 0;
const mostLoopbacks = 65_534;

/** After so many that programs are in the way of, another will be no better. */
const mostTries = 16;

/** Services of this type are Skiff's to serve unless they name another implementation (`loadBalancerClass`). */
export function isBalanced({ spec }: Service): boolean {
  return spec?.type === "LoadBalancer" && !spec.loadBalancerClass;
}

/** One address for each family of the Service for which there is one, the Service's first family first. */
export async function chooseAddresses(
  service: Service,
  others: readonly Service[],
  settings: Pick<ClusterSettings, "nodeAddress" | "ipv6" | "proxyMode">,
  isFree: IsFree,
): Promise<string[]> {
  const addresses: string[] = [];
  for (const family of familiesOf(service)) {
    const choose = family === "IPv6" ? chooseIpv6Address : chooseAddress;
    const address = await choose(service, others, settings, isFree);
    if (address !== undefined) addresses.push(address);
  }
  return addresses;
}

/**
 * The IPv6 address that it asks for (`loadBalancerIP`) or the node's, as long as its ports are free there: of IPv6 a host
 * has one loopback address only, to which translated connections do not find back.
 */
async function chooseIpv6Address(
  service: Service,
  others: readonly Service[],
  { ipv6 }: Pick<ClusterSettings, "ipv6">,
  isFree: IsFree,
): Promise<string | undefined> {
  const isOurs = placesAreOurs(service, others);
  const wanted = service.spec?.loadBalancerIP;
  const candidates = [...(wanted?.includes(":") ? [wanted] : []), ...(ipv6?.nodeAddress ? [ipv6.nodeAddress] : [])];
  const present = addressesOf(service).find((address) => address.includes(":"));
  for (const address of candidates) {
    if (isOurs(address) && (address === present || (await areFree(service, address, isFree)))) return address;
  }
  return undefined;
}

function placesAreOurs(service: Service, others: readonly Service[]): (address: string) => boolean {
  const taken = new Set(others.filter(isBalanced).flatMap((other) => addressesOf(other).flatMap(placesOf(other))));
  return (address) => placesOf(service)(address).every((place) => !taken.has(place));
}

/**
 * The IPv4 address it has, as long as it can have it; else the one it asks for (`loadBalancerIP`), the node's, or a loopback
 * address: the first at which none of its ports belongs to another Service or to a program of the host.
 * @returns undefined when there is none.
 */
export async function chooseAddress(
  service: Service,
  others: readonly Service[],
  { nodeAddress, proxyMode }: Pick<ClusterSettings, "nodeAddress" | "proxyMode">,
  isFree: IsFree,
): Promise<string | undefined> {
  const isOurs = placesAreOurs(service, others);
  const asked = service.spec?.loadBalancerIP;
  const wanted = asked && parseIpv4(asked) !== undefined ? asked : undefined;
  const fixed = [...(wanted ? [wanted] : []), nodeAddress];
  const present = addressesOf(service).find((address) => parseIpv4(address) !== undefined);
  const mayStay = present !== undefined && (fixed.includes(present) || isLoopback(present)) && isOurs(present);
  if (mayStay && (!wanted || present === wanted)) return present;
  for (const address of fixed) if (isOurs(address) && (await areFree(service, address, isFree))) return address;
  for (let n = 0; n < mostLoopbacks; n++) {
    const address = formatIpv4(firstLoopback + n);
    if (!isOurs(address)) continue;
    // Rules of the kernel come before programs that listen at every address; sockets beside them cannot be had.
    if (proxyMode === "nftables" || (await areFree(service, address, isFree))) return address;
    if (n >= mostTries) break;
  }
  return undefined;
}

export function addressesOf({ status }: Service): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
}

function isLoopback(address: string): boolean {
  const value = parseIpv4(address) ?? 0;
  return value >= firstLoopback && value < firstLoopback + mostLoopbacks;
}

function portsOf({ spec }: Service): { protocol: PortProtocol; port: number }[] {
  return (spec?.ports ?? []).flatMap(({ protocol = "TCP", port }) => {
    const known = ({ TCP: "tcp", UDP: "udp" } as const)[protocol];
    return known ? [{ protocol: known, port }] : [];
  });
}

/** `192.0.2.2 tcp 80` for each port. */
function placesOf(service: Service): (address: string) => string[] {
  return (address) => portsOf(service).map(({ protocol, port }) => `${address} ${protocol} ${port}`);
}

async function areFree(service: Service, address: string, isFree: IsFree): Promise<boolean> {
  for (const { protocol, port } of portsOf(service)) if (!(await isFree(protocol, address, port))) return false;
  return true;
}
