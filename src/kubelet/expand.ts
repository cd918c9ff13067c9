/**
 * `$(NAME)` in `env`, `command` and `args`. Rule: the field documentation of `Container.command`:
 * an unknown name stays as it is, `$$` is an escaped `$`.
 */
export function expand(text: string, valueOf: (name: string) => string | undefined): string {
  if (!text.includes("$")) return text;
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (match: string, name: string | undefined) => {
    if (name === undefined) return "$";
    return valueOf(name) ?? match;
  });
}
