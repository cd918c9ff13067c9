/** IPv6 addresses and networks as plain values. Rules: RFC 4291 sections 2.2 and 2.3; RFC 5952 for how they are written. */
import { isIPv6 } from "node:net";
import { parseIpv4 } from "./cidr.ts";

/** The 16 bytes of an IPv6 address; undefined when the text is none. */
export function ipv6Bytes(text: string): Uint8Array | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [head = "", tail] = withHexEnd(text).split("::");
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >>> 8, group & 255]));
}

/** `::ffff:192.0.2.1` → `::ffff:c000:201`. */
function withHexEnd(text: string): string {
  const colon = text.lastIndexOf(":");
  const ipv4 = parseIpv4(text.slice(colon + 1));
  if (ipv4 === undefined) return text;
  return `${text.slice(0, colon + 1)}${(ipv4 >>> 16).toString(16)}:${(ipv4 & 0xffff).toString(16)}`;
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

export interface Ipv6Cidr {
  /** First address of the network, as an unsigned 128-bit number. */
  base: bigint;
  /** 0 to 128. */
  prefix: number;
}

const bits = 128;
const groups = 8;

/** The address as an unsigned 128-bit number; undefined when the text is none, or has a zone (`fe80::1%eth0`). */
export function parseIpv6(text: string): bigint | undefined {
  const bytes = ipv6Bytes(text);
  return bytes && BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** The inverse of {@link parseIpv6}: lower case, the first of the longest runs of zeros as `::`. */
export function formatIpv6(address: bigint): string {
  const values = Array.from({ length: groups }, (_, index) => (address >> BigInt(16 * (groups - 1 - index))) & 0xffffn);
  const texts = values.map((value) => value.toString(16));
  const zeros = longestZeros(values);
  // A single group of zeros is not shortened.
  if (zeros.length < 2) return texts.join(":");
  return `${texts.slice(0, zeros.start).join(":")}::${texts.slice(zeros.start + zeros.length).join(":")}`;
}

function longestZeros(values: readonly bigint[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [index, value] of values.entries()) {
    if (value !== 0n) start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  }
  return longest;
}

/** How the address is written, whatever it was written like; an IPv4 address, or what is none at all, as it is. */
export function canonicalAddress(text: string): string {
  if (!text.includes(":")) return text;
  const address = parseIpv6(text);
  return address === undefined ? text : formatIpv6(address);
}

/** `10.96.0.1:80`, `[fd00:10:96::1]:80` */
export function hostPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Number of addresses in a network: 65,536 for `/112`. */
export function ipv6Size(cidr: Ipv6Cidr): bigint {
  return 1n << BigInt(bits - cidr.prefix);
}

/** `fd00:10:96::/112` as a value, host bits cleared; undefined when it is not an IPv6 network. */
export function tryParseIpv6Cidr(text: string): Ipv6Cidr | undefined {
  const [address = "", prefixText = "", ...rest] = text.split("/");
  const base = parseIpv6(address);
  if (base === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = Number(prefixText);
  if (prefix > bits) return undefined;
  return { base: base - (base % (1n << BigInt(bits - prefix))), prefix };
}

/** As {@link tryParseIpv6Cidr}. @throws RangeError naming the text. */
export function parseIpv6Cidr(text: string): Ipv6Cidr {
  const cidr = tryParseIpv6Cidr(text);
  if (!cidr) throw new RangeError(`"${text}" is not an IPv6 network such as fd00:10:96::/112`);
  return cidr;
}

export function formatIpv6Cidr(cidr: Ipv6Cidr): string {
  return `${formatIpv6(cidr.base)}/${cidr.prefix}`;
}

/** The nth address of the network, counted from its base. @throws RangeError beyond its end. */
export function nthIpv6Address(cidr: Ipv6Cidr, n: number): string {
  if (n < 0 || BigInt(n) >= ipv6Size(cidr)) throw new RangeError(`${formatIpv6Cidr(cidr)} has no address number ${n}`);
  return formatIpv6(cidr.base + BigInt(n));
}
