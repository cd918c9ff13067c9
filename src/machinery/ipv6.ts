/** IPv6 addresses as bytes. Rule: RFC 4291 section 2.2. */
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
