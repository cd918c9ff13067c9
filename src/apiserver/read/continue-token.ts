/** The token with which a client asks for the next page of a list: opaque to it, Kubernetes' own form all the same. */
import { StatusError } from "../../machinery/status-error.ts";

export interface ContinueToken {
  /** All pages show the state at this revision. */
  revision: number;
  /** `namespace/name` (or `name`) of the last object shown. */
  after: string;
}

const version = "meta.k8s.io/v1";

export function encodeToken({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start: `${after}\u0000` })).toString("base64url");
}

/** @throws StatusError BadRequest with Kubernetes' wording. */
export function decodeToken(token: string): ContinueToken {
  const parsed = parse(Buffer.from(token, "base64url").toString());
  const { v, rv, start } = parsed;
  if (v !== version) throw refuse(`server does not recognize this encoded version ${JSON.stringify(v ?? "")}`);
  if (!Number.isSafeInteger(rv) || Number(rv) <= 0)
    throw refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  if (typeof start !== "string" || start === "") throw refuse("encoded start key empty (version meta.k8s.io/v1)");
  return { revision: Number(rv), after: start.replace(/\0$/, "") };
}

function parse(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Told below in the API's words.
  }
  throw refuse(`invalid character '${text[0] ?? ""}' looking for beginning of value`);
}

function refuse(why: string): StatusError {
  return StatusError.badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
