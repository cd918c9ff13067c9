/**
 * The paths, of those given, at which the value holds something: `containers[*].ports` gives `containers[1].ports`
 * where only the second container has ports. Empty lists and objects hold nothing.
 */
export function presentPaths(value: unknown, patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => expand(value, pattern.split("."), "", (found) => !isEmpty(found)));
}

/** The paths, of those given, at which the value holds exactly this. */
export function pathsHolding(sought: string, value: unknown, patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => expand(value, pattern.split("."), "", (found) => found === sought));
}

function expand(
  value: unknown,
  [step, ...rest]: readonly string[],
  at: string,
  isSought: (found: unknown) => boolean,
): string[] {
  if (step === undefined) return isSought(value) ? [at] : [];
  if (typeof value !== "object" || value === null) return [];
  const isList = step.endsWith("[*]");
  const name = isList ? step.slice(0, -"[*]".length) : step;
  const child: unknown = (value as Record<string, unknown>)[name];
  const path = at === "" ? name : `${at}.${name}`;
  if (!isList) return expand(child, rest, path, isSought);
  return Array.isArray(child) ? child.flatMap((item, index) => expand(item, rest, `${path}[${index}]`, isSought)) : [];
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
