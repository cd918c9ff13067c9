/** A cookie that brings a client back to the same endpoint. It says which one in a form that tells nothing of addresses. */
import { createHash } from "node:crypto";
import type { BackendState } from "./backends.ts";
import type { Route } from "./routes.ts";

const marks = new Map<string, string>();

function markOf(endpoint: string): string {
  const known = marks.get(endpoint);
  if (known) return known;
  if (marks.size > 10_000) marks.clear();
  const mark = createHash("sha256").update(endpoint).digest("hex").slice(0, 32);
  marks.set(endpoint, mark);
  return mark;
}

/** The endpoint that the request's cookie stands for, while it is ready. */
export function positionByCookie(route: Route, backend: BackendState, cookies: string | undefined): number | undefined {
  const { affinity, cookie } = route.options;
  if (!affinity || !cookie || cookies === undefined) return undefined;
  const mark = cookies
    .split(";")
    .map((item) => item.trim())
    .find((item) => item.startsWith(`${cookie.name}=`))
    ?.slice(cookie.name.length + 1);
  return mark ? backend.positionOf((name) => markOf(name) === mark) : undefined;
}

/** The line that gives the client its cookie. */
export function cookieLine(route: Route, endpoint: string, secure: boolean): string {
  const { cookie } = route.options;
  if (!cookie) return "";
  const path = cookie.path ?? (route.pattern ? "/" : route.path);
  const age = cookie.maxAgeSeconds === undefined ? "" : `; Max-Age=${cookie.maxAgeSeconds}`;
  return `Set-Cookie: ${cookie.name}=${markOf(endpoint)}; Path=${path}${age}${secure ? "; Secure" : ""}; HttpOnly\r\n`;
}
