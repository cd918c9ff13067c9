/**
 * What a plain (unquoted) scalar means to Kubernetes, which reads YAML 1.1 as the Go library go-yaml v2 does: `yes` and
 * `on` are booleans, `0755` is octal, dates and `1:30` are strings.
 */

const words = new Map<string, boolean | null>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
]);

const integer = /^[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/;
const decimal = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const notJson = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/**
 * @throws Error for infinity and not-a-number, which JSON has no words for.
 */
export function plainScalar(text: string): string | number | boolean | null {
  const word = words.get(text);
  if (word !== undefined) return word;
  // Most values are words; only these can begin a number.
  if (!/^[-+.0-9]/.test(text)) return text;
  const digits = text.replaceAll("_", "");
  if (integer.test(digits)) return parseInteger(digits);
  if (decimal.test(digits)) return finite(Number(digits), text);
  if (notJson.test(text)) throw new Error(`json: unsupported value: ${text}`);
  return text;
}

function parseInteger(digits: string): number {
  const sign = digits.startsWith("-") ? -1 : 1;
  const size = digits.replace(/^[-+]/, "").toLowerCase();
  // Number() knows 0b, 0o and 0x; an octal with nothing but its zero is YAML's own.
  const octal = /^0[0-7]+$/.test(size) ? `0o${size.slice(1)}` : size;
  return sign * Number(octal) || 0;
}

function finite(number: number, text: string): number {
  if (!Number.isFinite(number)) throw new Error(`json: unsupported value: ${text}`);
  return number;
}
