/** Users of basic authentication: reading them out of a Secret, and checking what a request says. */
import { createHash, timingSafeEqual } from "node:crypto";
import { apr1 } from "./apr1.ts";

/** Password hashes by name. */
export type Users = ReadonlyMap<string, string>;

/**
 * @param data of a Secret, in base64.
 * @returns no users when the key is missing, and the names whose hashes are of a kind that is not understood.
 */
export function parseUsers(
  data: Readonly<Record<string, string>>,
  type: "auth-file" | "auth-map",
): { users?: Users; unreadable: string[] } {
  const text = (encoded: string): string => Buffer.from(encoded, "base64").toString("utf8");
  const users = new Map<string, string>();
  if (type === "auth-map") {
    for (const [name, value] of Object.entries(data)) users.set(name, text(value).trim());
  } else {
    const file = data["auth"];
    if (file === undefined) return { unreadable: [] };
    for (const line of text(file).split("\n")) {
      const [name, hash] = line.trim().split(":");
      if (name && hash && !name.startsWith("#")) users.set(name, hash);
    }
  }
  const unreadable = [...users].filter(([, hash]) => !/^(\{SHA\}|\$apr1\$)/.test(hash)).map(([name]) => name);
  return { users, unreadable };
}

/** Hashing takes a millisecond on purpose; a browser sends the same words with every request. */
const accepted = new WeakMap<Users, Set<string>>();
const mostRemembered = 1_000;

/** Whether the header `Authorization` names one of the users with the right password. @returns the name. */
export function authenticate(users: Users, header: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(header ?? "")?.[1];
  if (!encoded) return undefined;
  const words = Buffer.from(encoded, "base64").toString("utf8");
  const colon = words.indexOf(":");
  if (colon < 0) return undefined;
  const name = words.slice(0, colon);
  const known = accepted.get(users) ?? new Set<string>();
  accepted.set(users, known);
  const digest = createHash("sha256").update(words).digest("base64");
  if (known.has(digest)) return name;
  const hash = users.get(name);
  if (hash === undefined || !verify(words.slice(colon + 1), hash)) return undefined;
  if (known.size >= mostRemembered) known.clear();
  known.add(digest);
  return name;
}

function verify(password: string, hash: string): boolean {
  if (hash.startsWith("{SHA}")) {
    return same(`{SHA}${createHash("sha1").update(password, "utf8").digest("base64")}`, hash);
  }
  const salt = /^\$apr1\$([^$]{1,8})\$/.exec(hash)?.[1];
  return salt !== undefined && same(apr1(password, salt), hash);
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
