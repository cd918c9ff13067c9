/** Names of addresses for reverse look-ups. Rule: RFC 1035 section 3.5, RFC 3596 section 2.5. Pure. */
import { parseIpv4 } from "../machinery/cidr.ts";
import { canonicalAddress, ipv6Bytes } from "../machinery/ipv6.ts";

const ipv4Domain = "in-addr.arpa";
const ipv6Domain = "ip6.arpa";

/** `10.96.0.10` → `10.0.96.10.in-addr.arpa`; of an IPv6 address each digit is a label. Takes addresses only. */
export function reverseName(address: string): string {
  const bytes = address.includes(":") ? ipv6Bytes(address) : undefined;
  if (!bytes) return `${address.split(".").reverse().join(".")}.${ipv4Domain}`;
  const digits = [...bytes].flatMap((byte) => [byte >> 4, byte & 15]).map((digit) => digit.toString(16));
  return `${digits.reverse().join(".")}.${ipv6Domain}`;
}

/** `10.0.96.10.in-addr.arpa` → `10.96.0.10`, and the same of IPv6; undefined for what names no single address. */
export function addressOf(name: string): string | undefined {
  if (name.endsWith(`.${ipv6Domain}`)) return ipv6AddressOf(name.slice(0, -ipv6Domain.length - 1));
  const reversed = name.slice(0, -ipv4Domain.length - 1);
  if (!name.endsWith(`.${ipv4Domain}`) || parseIpv4(reversed) === undefined) return undefined;
  return reversed.split(".").reverse().join(".");
}

function ipv6AddressOf(reversed: string): string | undefined {
  if (!/^([0-9a-f]\.){31}[0-9a-f]$/.test(reversed)) return undefined;
  const digits = reversed.split(".").reverse().join("");
  return canonicalAddress((digits.match(/.{4}/g) ?? []).join(":"));
}

/** The domain of reverse look-ups in which the name lies. */
export function reverseDomainOf(name: string): string | undefined {
  return [ipv4Domain, ipv6Domain].find((domain) => name.endsWith(`.${domain}`));
}
