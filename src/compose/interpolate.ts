/**
 * Variables in values: https://docs.docker.com/reference/compose-file/interpolation/
 * `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?error}`, `${VAR?error}`, `${VAR:+other}`, `${VAR+other}`, nested,
 * and `$$` for a dollar sign.
 */

/** @returns the value, or undefined when the variable is not set. */
export type Lookup = (name: string) => string | undefined;

/** What the text asks for cannot be had. The message says why; where is for the caller to add. */
export class InterpolationError extends Error {}

const name = /^[A-Za-z_][A-Za-z0-9_]*/;
const braced = /^([A-Za-z_][A-Za-z0-9_]*)(:?[-?+])?/;

/**
 * @param unset called for each variable that is not set and has no default; what it returns stands in its place.
 * @throws InterpolationError
 */
export function interpolate(text: string, lookup: Lookup, unset: (name: string) => string): string {
  let result = "";
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const rest = text.slice(dollar + 1);
    if (rest.startsWith("$")) {
      result += "$";
      at = dollar + 2;
    } else if (rest.startsWith("{")) {
      const end = closingBrace(text, dollar + 1);
      result += expand(text.slice(dollar + 2, end), lookup, unset);
      at = end + 1;
    } else {
      const [variable] = name.exec(rest) ?? [];
      if (!variable) throw invalidFormat(text);
      result += lookup(variable) ?? unset(variable);
      at = dollar + 1 + variable.length;
    }
  }
  return result;
}

function expand(inside: string, lookup: Lookup, unset: (name: string) => string): string {
  const [matched, variable, operator] = braced.exec(inside) ?? [];
  if (matched === undefined || variable === undefined) throw invalidFormat(`\${${inside}}`);
  if (!operator && matched !== inside) throw invalidFormat(`\${${inside}}`);
  const value = lookup(variable);
  if (!operator) return value ?? unset(variable);
  const other = () => interpolate(inside.slice(matched.length), lookup, unset);
  // With a colon, empty counts as unset.
  const present = operator.startsWith(":") ? value !== undefined && value !== "" : value !== undefined;
  if (operator.endsWith("+")) return present ? other() : "";
  if (present) return value ?? "";
  if (operator.endsWith("-")) return other();
  const why = other();
  throw new InterpolationError(`required variable ${variable} is missing a value${why ? `: ${why}` : ""}`);
}

/** Index of the brace that closes the one at `open`. */
function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{" && (at === open || text[at - 1] === "$")) depth++;
    if (text[at] === "}" && --depth === 0) return at;
  }
  throw invalidFormat(text);
}

function invalidFormat(text: string): InterpolationError {
  return new InterpolationError(
    `invalid interpolation format: ${JSON.stringify(text)}. You may need to escape any $ with another $`,
  );
}
