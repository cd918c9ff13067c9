/**
 * Ranges of addresses and ports from which Services are given theirs. The lower part of a range is left to those who
 * choose, as long as there is room above.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/ (KEP-3070, KEP-3668)
 */
import { randomInt } from "node:crypto";
import { parseCidr, sizeOf } from "../../machinery/cidr.ts";

/** Numbers from `first` to `last`; those below `dynamic` are given out only when the rest is full. */
export interface Pool {
  first: number;
  dynamic: number;
  last: number;
}

/** Addresses of a network without its own (the first) and broadcast (the last). @param cidr `10.96.0.0/12` */
export function addressPool(cidr: string): Pool {
  const network = parseCidr(cidr);
  const size = sizeOf(network);
  const first = network.base + 1;
  const last = network.base + size - 2;
  return { first, dynamic: Math.min(first + lowerPart(size - 2, 16, 256, 16), last), last };
}

/** @param range both ends included. */
export function portPool({ from, to }: { from: number; to: number }): Pool {
  return { first: from, dynamic: Math.min(from + lowerPart(to - from + 1, 16, 128, 32), to), last: to };
}

/** Size of the part left to those who choose; none of a range too small to spare it. */
export function lowerPart(size: number, least: number, most: number, share: number): number {
  if (size <= least) return 0;
  return Math.min(Math.max(least, Math.floor(size / share)), most);
}

export function inPool(pool: Pool, value: number): boolean {
  return value >= pool.first && value <= pool.last;
}

/**
 * A free number of the pool: the first at or after a random one, so that a number given up is not given out again soon.
 * @returns undefined when all are taken.
 */
export function allocate(pool: Pool, isTaken: (value: number) => boolean): number | undefined {
  return firstFree(pool.dynamic, pool.last, isTaken) ?? firstFree(pool.first, pool.dynamic - 1, isTaken);
}

function firstFree(from: number, to: number, isTaken: (value: number) => boolean): number | undefined {
  const size = to - from + 1;
  if (size <= 0) return undefined;
  const start = randomInt(size);
  for (let i = 0; i < size; i++) {
    const value = from + ((start + i) % size);
    if (!isTaken(value)) return value;
  }
  return undefined;
}
