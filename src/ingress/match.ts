/**
 * Which route a request takes. Of several hosts the precise one comes first, then the wildcard, then rules for every host;
 * of several paths an exact one, then the longest.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches
 */
import type { HostRoutes, Route, RoutingTable } from "./routes.ts";
import { withoutLastSlash } from "./routes.ts";

/** @param host in lower case, without port. @param path as {@link matchingPath} gives it. */
export function findRoute(table: RoutingTable, host: string, path: string): Route | undefined {
  const precise = table.hosts.get(host);
  const dot = host.indexOf(".");
  // A star stands for one label.
  const wildcard = dot > 0 ? table.wildcards.get(host.slice(dot)) : undefined;
  return (
    (precise && findPath(precise, path)) ??
    (wildcard && findPath(wildcard, path)) ??
    findPath(table.any, path) ??
    precise?.fallback ??
    wildcard?.fallback ??
    table.any.fallback
  );
}

function findPath({ exact, prefix, patterns }: HostRoutes, path: string): Route | undefined {
  const same = exact.get(path);
  if (same) return same;
  const under = prefix.size > 0 ? longestPrefix(prefix, path) : undefined;
  if (patterns.length === 0) return under;
  const pattern = patterns.find((route) => route.pattern?.test(path));
  if (!pattern || !under) return pattern ?? under;
  return pattern.path.length >= under.path.length ? pattern : under;
}

/** By whole elements: `/aaa/bb` is no prefix of `/aaa/bbb`. */
function longestPrefix(prefix: ReadonlyMap<string, Route>, path: string): Route | undefined {
  let part = withoutLastSlash(path);
  for (;;) {
    const found = prefix.get(part);
    if (found) return found;
    const slash = part.lastIndexOf("/");
    if (slash < 0) return undefined;
    part = part.slice(0, slash);
  }
}

/**
 * The path to compare: decoded, without empty and dot elements, so that no way of writing leads around a rule.
 * @param target of the request, without its query. @returns undefined when it is not a path.
 */
export function matchingPath(target: string): string | undefined {
  if (!target.startsWith("/")) return undefined;
  if (!target.includes("%") && !target.includes("//") && !target.includes("/.")) return target;
  let decoded: string;
  try {
    decoded = decodeURIComponent(target);
  } catch {
    return undefined;
  }
  if (decoded.includes("\0")) return undefined;
  const elements: string[] = [];
  const all = decoded.split("/").slice(1);
  for (const element of all) {
    if (element === "..") elements.pop();
    else if (element !== "." && element !== "") elements.push(element);
  }
  const last = all.at(-1);
  const open = last === "" || last === "." || last === "..";
  return `/${elements.join("/")}${open && elements.length > 0 ? "/" : ""}`;
}

/** The target that is sent on: as it came, or as the route rewrites it. */
export function rewrittenTarget({ options, pattern }: Route, target: string, path: string): string {
  const { rewriteTarget } = options;
  if (rewriteTarget === undefined) return target;
  const groups = pattern?.exec(path) ?? [];
  // Groups hold decoded text; the annotation's own is as it is to be sent.
  const rewritten = encode(rewriteTarget).replaceAll(/\$(\d)/g, (_, group: string) => {
    return encode(groups[Number(group)] ?? "").replaceAll("?", "%3F");
  });
  const query = target.indexOf("?");
  const given = query < 0 ? "" : target.slice(query + 1);
  const joined = given === "" ? "" : `${rewritten.includes("?") ? "&" : "?"}${given}`;
  return (rewritten.startsWith("/") ? rewritten : `/${rewritten}`) + joined;
}

function encode(text: string): string {
  return encodeURI(text).replaceAll("#", "%23");
}
