/** Addresses of Pods, out of the Pod CIDR. What is in use is known from the sandboxes; this only chooses. */
import { formatIpv4, parseCidr, parseIpv4 } from "../machinery/cidr.ts";
import { rangeOfOthers } from "../machinery/network-names.ts";

export class Addresses {
  readonly #first: number;
  readonly #last: number;
  readonly #held = new Set<number>();
  #next: number;

  /** The network's own address, the gateway (its first) and the end of the range, which is left to others, are never given. */
  constructor(podCidr: string) {
    this.#first = parseCidr(podCidr).base + 2;
    this.#last = rangeOfOthers({ podCidr }).base - 1;
    this.#next = this.#first;
  }

  /** Marks an address as used, as one found on a running sandbox. */
  hold(address: string): void {
    const value = parseIpv4(address);
    if (value === undefined || this.#held.has(value)) return;
    this.#held.add(value);
    if (value >= this.#next && value < this.#last) this.#next = value + 1;
  }

  release(address: string): void {
    const value = parseIpv4(address);
    if (value !== undefined) this.#held.delete(value);
  }

  /** The next free one, going round: an address just given up is the last to come again. @throws Error when all are taken. */
  take(): string {
    for (let tried = this.#first; tried <= this.#last; tried++) {
      const candidate = this.#next;
      this.#next = candidate >= this.#last ? this.#first : candidate + 1;
      if (this.#held.has(candidate)) continue;
      this.#held.add(candidate);
      return formatIpv4(candidate);
    }
    throw new Error("no addresses are left in the Pod CIDR");
  }
}
