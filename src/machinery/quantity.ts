/**
 * Quantities: fixed-point numbers with a unit, such as `100m`, `1.5Gi` or `1e3`.
 * Rule: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

type Format = "DecimalSI" | "BinarySI" | "DecimalExponent";

export interface Quantity {
  /** In billionths: Kubernetes keeps no finer fraction. */
  readonly nano: bigint;
  /** The family of suffixes it was written with, used again when it is printed. */
  readonly format: Format;
}

const one = 1_000_000_000n;
const largest = (2n ** 63n - 1n) * one;
const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binarySuffixes: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
const decimalSymbols = new Map(Object.entries(decimalSuffixes).map(([suffix, power]) => [power, suffix]));
const binarySymbols = ["", ...Object.keys(binarySuffixes)];

/** What the API answers to a malformed quantity. */
export class QuantityError extends Error {
  static readonly format =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  static readonly suffix = "unable to parse quantity's suffix";

  constructor(message: string) {
    super(message);
    this.name = "QuantityError";
  }
}

const wellFormed = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

/**
 * Parses a quantity. Fractions finer than a billionth are rounded away from zero; magnitudes above 2^63 − 1 become that.
 * @throws QuantityError with Kubernetes' wording.
 */
export function parseQuantity(text: string): Quantity {
  // No honest quantity is long, and the cost of exact arithmetic grows with the square of the length.
  const match = text.length > 256 ? null : wellFormed.exec(text);
  if (!match) throw new QuantityError(QuantityError.format);
  const [, sign, whole = "", fraction = "", suffix = ""] = match;
  if (whole === "" && fraction === "") throw new QuantityError(QuantityError.format);
  const digits = BigInt(whole + fraction);
  const unit = unitOf(suffix);
  let nano: bigint;
  if (unit.binary) {
    nano = divideAwayFromZero(digits * one * 1024n ** BigInt(unit.power), 10n ** BigInt(fraction.length));
  } else {
    // Beyond these powers of ten every number is too large or too small anyway.
    const power = Math.max(-60, Math.min(60, unit.power)) + 9 - fraction.length;
    nano = power >= 0 ? digits * 10n ** BigInt(power) : divideAwayFromZero(digits, 10n ** BigInt(-power));
  }
  if (nano > largest) nano = largest;
  return { nano: sign === "-" ? -nano : nano, format: unit.format };
}

function unitOf(suffix: string): { binary: boolean; power: number; format: Format } {
  if (Object.hasOwn(decimalSuffixes, suffix)) {
    return { binary: false, power: decimalSuffixes[suffix] ?? 0, format: "DecimalSI" };
  }
  if (Object.hasOwn(binarySuffixes, suffix)) {
    return { binary: true, power: binarySuffixes[suffix] ?? 0, format: "BinarySI" };
  }
  const exponent = /^[eE]([-+]?\d+)$/.exec(suffix)?.[1];
  if (exponent === undefined) throw new QuantityError(QuantityError.suffix);
  return { binary: false, power: Number(exponent), format: "DecimalExponent" };
}

/** `dividend` and `divisor` are not negative. */
function divideAwayFromZero(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** The canonical form: no fraction, the largest unit that loses nothing (`1.5Gi` → `1536Mi`, `0.5` → `500m`). */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return "0";
  const sign = nano < 0n ? "-" : "";
  const size = nano < 0n ? -nano : nano;
  if (format === "BinarySI" && size >= 1024n * one) return sign + printBinary(divideAwayFromZero(size, one));
  let power = -9;
  let digits = size;
  while (digits % 1000n === 0n && power < 18) {
    digits /= 1000n;
    power += 3;
  }
  if (format !== "DecimalExponent") return `${sign}${digits}${decimalSymbols.get(power)}`;
  return power === 0 ? `${sign}${digits}` : `${sign}${digits}e${power}`;
}

function printBinary(units: bigint): string {
  let power = 0;
  while (units % 1024n === 0n && power < binarySymbols.length - 1) {
    units /= 1024n;
    power++;
  }
  return `${units}${binarySymbols[power]}`;
}

const canonical = new Map<string, string>();

/**
 * The canonical form of a quantity as written. Workloads repeat a few quantities over and over, so these are remembered.
 * @throws QuantityError
 */
export function canonicalQuantity(text: string): string {
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const printed = formatQuantity(parseQuantity(text));
  if (canonical.size >= 1000) canonical.clear();
  if (text.length <= 32) canonical.set(text, printed);
  return printed;
}

/** Below zero, zero or above zero, as `a` is smaller than, equal to or larger than `b`. */
export function compareQuantities(a: string, b: string): number {
  const difference = parseQuantity(a).nano - parseQuantity(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The sum, in the format of the first that is not zero. */
export function addQuantities(a: string, b: string): string {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  return formatQuantity({ nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format });
}

/** `a − b`, in the format of the first that is not zero. */
export function subtractQuantities(a: string, b: string): string {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  return formatQuantity({ nano: left.nano - right.nano, format: left.nano === 0n ? right.format : left.format });
}

/** Whole units (bytes, cores), rounded away from zero. Exact up to 2^53. */
export function quantityValue(text: string): number {
  return scaled(text, one);
}

/** Thousandths (millicores), rounded away from zero. */
export function quantityMilliValue(text: string): number {
  return scaled(text, one / 1000n);
}

function scaled(text: string, unit: bigint): number {
  const { nano } = parseQuantity(text);
  return nano < 0n ? -Number(divideAwayFromZero(-nano, unit)) : Number(divideAwayFromZero(nano, unit));
}
