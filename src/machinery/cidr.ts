/** IPv4 networks as plain values. Rule: RFC 4632. */

export interface Cidr {
  /** First address of the network, as an unsigned 32-bit number. */
  base: number;
  /** 0 to 32. */
  prefix: number;
}

/** The address as an unsigned 32-bit number; undefined when the text is not a dotted quad without leading zeros. */
export function parseIpv4(text: string): number | undefined {
  let value = 0;
  let dots = 0;
  /** -1 before its first digit. */
  let octet = -1;
  // By hand: the proxy reads tens of thousands of addresses before its first rules are in force.
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit >= 0 && digit <= 9) {
      // A leading zero is octal to some parsers and decimal to others: Kubernetes refuses it.
      if (octet === 0) return undefined;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return undefined;
    } else {
      if (text[index] !== "." || octet < 0 || ++dots > 3) return undefined;
      value = value * 256 + octet;
      octet = -1;
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : undefined;
}

/** The inverse of {@link parseIpv4}. */
export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** Number of addresses in a network: 65,536 for `/16`. */
export function sizeOf(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefix);
}

/** `10.96.0.0/12` as a value, host bits cleared; undefined when it is not an IPv4 network. */
export function tryParseCidr(text: string): Cidr | undefined {
  const [address = "", prefixText = "", ...rest] = text.split("/");
  const base = parseIpv4(address);
  if (base === undefined || rest.length > 0 || !/^\d{1,2}$/.test(prefixText)) return undefined;
  const prefix = Number(prefixText);
  if (prefix > 32) return undefined;
  return { base: base - (base % 2 ** (32 - prefix)), prefix };
}

/** As {@link tryParseCidr}. @throws RangeError naming the text. */
export function parseCidr(text: string): Cidr {
  const cidr = tryParseCidr(text);
  if (!cidr) throw new RangeError(`"${text}" is not an IPv4 network such as 10.96.0.0/12`);
  return cidr;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.base)}/${cidr.prefix}`;
}

/** Whether the address (dotted quad) lies in the network; false for anything that is not an IPv4 address. */
export function contains(cidr: Cidr, address: string): boolean {
  const value = parseIpv4(address);
  return value !== undefined && value >= cidr.base && value < cidr.base + sizeOf(cidr);
}

/** Whether the two networks share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);
}

/** The nth address of the network, counted from its base: the 10th of 10.96.0.0/12 is `10.96.0.10`. @throws RangeError beyond its end. */
export function nthAddress(cidr: Cidr, n: number): string {
  if (n < 0 || n >= sizeOf(cidr)) throw new RangeError(`${formatCidr(cidr)} has no address number ${n}`);
  return formatIpv4(cidr.base + n);
}
