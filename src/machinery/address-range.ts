/** Networks of either family, for those who only ask what lies in them. */
import { contains, overlaps, parseCidr } from "./cidr.ts";
import { ipv6Size, parseIpv6, parseIpv6Cidr } from "./ipv6.ts";

export interface AddressRange {
  /** Whether the address lies in the range; false for one of the other family, and for what is no address. */
  has: (this: void, address: string) => boolean;
}

/** @param cidr `10.96.0.0/12` or `fd00:10:96::/112`. @throws RangeError naming the text. */
export function addressRange(cidr: string): AddressRange {
  if (!cidr.includes(":")) {
    const network = parseCidr(cidr);
    return { has: (address) => contains(network, address) };
  }
  const network = parseIpv6Cidr(cidr);
  const end = network.base + ipv6Size(network);
  return {
    has(address) {
      const value = address.includes(":") ? parseIpv6(address) : undefined;
      return value !== undefined && value >= network.base && value < end;
    },
  };
}

/** Whether the two networks share an address; those of different families never do. @throws RangeError naming the text. */
export function rangesOverlap(a: string, b: string): boolean {
  if (a.includes(":") !== b.includes(":")) return false;
  if (!a.includes(":")) return overlaps(parseCidr(a), parseCidr(b));
  const [one, other] = [parseIpv6Cidr(a), parseIpv6Cidr(b)];
  return one.base < other.base + ipv6Size(other) && other.base < one.base + ipv6Size(one);
}
