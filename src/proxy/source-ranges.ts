/** `loadBalancerSourceRanges` as both back ends take them. Pure. */
import { type Cidr, formatCidr, overlaps, tryParseCidr } from "../machinery/cidr.ts";

/**
 * The same IPv4 addresses in ranges of which none lies in another: the kernel's sets take no others. What is no IPv4 range is
 * left out; nobody may come from there.
 * @param ranges as they are written: `10.1.2.3/8`, with blanks around.
 */
export function disjointRanges(ranges: readonly string[]): string[] {
  const kept: Cidr[] = [];
  const widestFirst = ranges
    .flatMap((range) => tryParseCidr(range.trim()) ?? [])
    .sort((a, b) => a.prefix - b.prefix || a.base - b.base);
  // Networks that overlap lie within each other.
  for (const range of widestFirst) if (!kept.some((wider) => overlaps(wider, range))) kept.push(range);
  return kept.sort((a, b) => a.base - b.base).map(formatCidr);
}
