/** `loadBalancerSourceRanges` as both back ends take them. Pure. */
import { formatCidr, tryParseCidr } from "../machinery/cidr.ts";
import { formatIpv6Cidr, type Ipv6Cidr, tryParseIpv6Cidr } from "../machinery/ipv6.ts";

/** Either family's, as large as the larger one. */
type Range = Ipv6Cidr;

const families = {
  IPv4: {
    bits: 32,
    parse: (text: string): Range | undefined => {
      const cidr = tryParseCidr(text);
      return cidr && { base: BigInt(cidr.base), prefix: cidr.prefix };
    },
    format: ({ base, prefix }: Range): string => formatCidr({ base: Number(base), prefix }),
  },
  IPv6: { bits: 128, parse: tryParseIpv6Cidr, format: formatIpv6Cidr },
} as const;

/**
 * The same addresses of a family in ranges of which none lies in another: the kernel's sets take no others. What is no range
 * of the family is left out; nobody may come from there.
 * @param ranges as they are written: `10.1.2.3/8`, with blanks around.
 */
export function disjointRanges(ranges: readonly string[], family: keyof typeof families): string[] {
  const { bits, parse, format } = families[family];
  const kept: Range[] = [];
  const widestFirst = ranges
    .flatMap((range) => parse(range.trim()) ?? [])
    .sort((a, b) => a.prefix - b.prefix || compare(a.base, b.base));
  for (const range of widestFirst) {
    // Networks that overlap lie within each other.
    const isWithin = (wider: Range): boolean => (range.base - wider.base) >> BigInt(bits - wider.prefix) === 0n;
    if (!kept.some(isWithin)) kept.push(range);
  }
  return kept.sort((a, b) => compare(a.base, b.base)).map(format);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
