/** What a host's `/etc/resolv.conf` says. Pure. */

/** The three kinds of line of resolv.conf(5) that matter. */
export interface ResolvConf {
  nameservers: readonly string[];
  searches: readonly string[];
  /** `ndots:5`, `rotate`. */
  options: readonly string[];
}

/** Reads the text of a resolv.conf(5); of several `search` or `domain` lines the last counts, options add up. */
export function parseResolvConf(text: string): ResolvConf {
  const result: Record<keyof ResolvConf, string[]> = { nameservers: [], searches: [], options: [] };
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver" && values[0]) result.nameservers.push(values[0]);
    if (keyword === "search" || keyword === "domain") result.searches = values.map(withoutFinalDot).filter(Boolean);
    if (keyword === "options") result.options.push(...values);
  }
  return result;
}

function withoutFinalDot(name: string): string {
  return name === "." ? name : name.replace(/\.$/, "");
}
