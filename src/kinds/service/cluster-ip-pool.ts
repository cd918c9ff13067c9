/** The range of cluster IPs of one family, as numbers to allocate from. Pure. */
import { formatIpv4, parseIpv4 } from "../../machinery/cidr.ts";
import { formatIpv6, ipv6Size, parseIpv6, parseIpv6Cidr } from "../../machinery/ipv6.ts";
import { addressPool, inPool, lowerPart, type Pool } from "./allocation.ts";

export interface ClusterIpPool {
  /** As errors name it. */
  cidr: string;
  pool: Pool;
  format: (this: void, number: number) => string;
  /** Undefined for an address that is not one of the pool. */
  parse: (this: void, address: string) => number | undefined;
}

/** @param cidr `10.96.0.0/12`; of an IPv6 range (`fd00:10:96::/112`) all but the first address are given out. */
export function clusterIpPool(cidr: string): ClusterIpPool {
  if (!cidr.includes(":")) {
    const pool = addressPool(cidr);
    return { cidr, pool, format: formatIpv4, parse: (address) => within(pool, parseIpv4(address)) };
  }
  const network = parseIpv6Cidr(cidr);
  const last = Number(ipv6Size(network)) - 1;
  const pool = { first: 1, dynamic: Math.min(1 + lowerPart(last, 16, 256, 16), last), last };
  return {
    cidr,
    pool,
    format: (number) => formatIpv6(network.base + BigInt(number)),
    parse(address) {
      const value = parseIpv6(address);
      return value === undefined ? undefined : within(pool, Number(value - network.base));
    },
  };
}

function within(pool: Pool, value: number | undefined): number | undefined {
  return value !== undefined && inPool(pool, value) ? value : undefined;
}
