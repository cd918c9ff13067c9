/** Ranges as users give them to `--pod-cidr` and `--service-cidr`. Pure. */
import { rangesOverlap } from "../machinery/address-range.ts";
import { formatCidr, tryParseCidr } from "../machinery/cidr.ts";
import { UserError } from "../machinery/daemon.ts";
import { canonicalAddress, formatIpv6Cidr, tryParseIpv6Cidr } from "../machinery/ipv6.ts";

/** Prefixes of IPv6 ranges. That of Services is kube-apiserver's: no larger than 2²⁰ addresses. */
const ipv6Prefixes = { Pod: { from: 48, to: 112 }, Service: { from: 108, to: 120 } } as const;

/** Addresses that mean something of their own, so that no interface or route has them: RFC 6890, RFC 4291 section 2.4. */
const reserved: readonly [cidr: string, what: string][] = [
  ["0.0.0.0/8", "this network"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "future use"],
  ["::/8", "loopback and IPv4-mapped"],
  ["fe80::/10", "link-local"],
  ["ff00::/8", "multicast"],
];

/**
 * Takes `10.244.0.0/16`, and for dual-stack `10.244.0.0/16,fd00:10:244::/64`, as kube-apiserver does, with IPv4 first.
 * @throws UserError for anything else.
 */
export function splitFamilies(flag: string, given: string): [ipv4: string, ipv6?: string] {
  const [ipv4 = "", ipv6, ...more] = given.split(",");
  if (!tryParseCidr(ipv4)) {
    const swapped = ipv6 !== undefined && tryParseIpv6Cidr(ipv4) && tryParseCidr(ipv6);
    if (swapped) throw new UserError(`${flag} ${given}: IPv4 comes first; give ${ipv6},${ipv4}`);
    throw new UserError(`${flag} ${ipv4} is not an IPv4 range such as 10.244.0.0/16`);
  }
  if (ipv6 === undefined) return [ipv4];
  if (more.length > 0 || !tryParseIpv6Cidr(ipv6)) {
    throw new UserError(
      `${flag} ${given}: give one IPv4 range, or an IPv4 and an IPv6 range with a comma between, such as 10.244.0.0/16,fd00:10:244::/64`,
    );
  }
  return [ipv4, spelt(ipv6)];
}

/** `FD00:0::/64` → `fd00::/64`; host bits stay. */
function spelt(ipv6: string): string {
  const [address = "", prefix] = ipv6.split("/");
  return `${canonicalAddress(address)}/${Number(prefix)}`;
}

/** @throws UserError when a range has a wrong size, host bits or addresses that mean something else. */
export function checkRange(what: "Pod" | "Service", flag: string, [ipv4, ipv6]: [ipv4: string, ipv6?: string]): void {
  const { prefix = 0, ...network } = tryParseCidr(ipv4) ?? {};
  if (prefix < 8 || prefix > 24) {
    throw new UserError(`${flag} ${ipv4} has a wrong size: a ${what} range goes from /8 to /24`);
  }
  checkHostBits(flag, ipv4, formatCidr({ base: 0, ...network, prefix }));
  checkReserved(flag, ipv4, what === "Pod" ? "10.244.0.0/16" : "10.96.0.0/12");
  const second = ipv6 === undefined ? undefined : tryParseIpv6Cidr(ipv6);
  if (ipv6 === undefined || !second) return;
  const { from, to } = ipv6Prefixes[what];
  if (second.prefix < from || second.prefix > to) {
    throw new UserError(`${flag} ${ipv6} has a wrong size: an IPv6 range of ${what}s goes from /${from} to /${to}`);
  }
  // A Pod has the same place in both.
  if (what === "Pod" && second.prefix > prefix + 96) {
    throw new UserError(`${flag} ${ipv6} is smaller than ${ipv4}: an IPv6 range of /${prefix + 96} or larger has room`);
  }
  checkHostBits(flag, ipv6, formatIpv6Cidr(second));
  checkReserved(flag, ipv6, what === "Pod" ? "fd00:10:244::/64" : "fd00:10:96::/112");
}

function checkReserved(flag: string, given: string, example: string): void {
  const found = reserved.find(([cidr]) => rangesOverlap(cidr, given));
  if (!found) return;
  const [cidr, what] = found;
  throw new UserError(
    `${flag} ${given} overlaps ${cidr}, which has a meaning of its own (${what}); give a private range such as ${example}`,
  );
}

function checkHostBits(flag: string, given: string, network: string): void {
  if (network !== given) throw new UserError(`${flag} ${given} has host bits set; did you mean ${network}?`);
}
