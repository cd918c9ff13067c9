/**
 * ServiceAccount tokens: JWTs (RFC 7519, ES256) with the claims of Kubernetes' bound tokens.
 * Rule: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { timestamp } from "../machinery/clock.ts";
import type { IssuedToken, ServiceAccountClaims } from "../machinery/kind.ts";
import { LruMap } from "../machinery/lru-map.ts";
import type { User } from "./api.ts";
import { writePrivately } from "./write-privately.ts";

interface Bound {
  name: string;
  uid: string;
}

interface Payload {
  aud: string[];
  exp: number;
  iat: number;
  iss: string;
  jti: string;
  "kubernetes.io": { namespace: string; serviceaccount: Bound; pod?: Bound };
  nbf: number;
  sub: string;
}

/** Whether the object that a token is bound to still is the one it was issued for. */
export type StillThere = (resource: "serviceaccounts" | "pods", namespace: string, bound: Bound) => boolean;

/** `kubectl create token` may ask for less than this, and gets it; Kubernetes sets the floor. */
const shortest = 10 * 60;
const longest = 2 ** 32;

/** The instance's signing key, made on first use and kept in `directory` (0600). */
export function loadTokenKey(directory: string): KeyObject {
  const path = join(directory, "sa.key");
  try {
    return createPrivateKey(readFileSync(path, "utf8"));
  } catch {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writePrivately(path, privateKey.export({ format: "pem", type: "pkcs8" }) as string);
    return privateKey;
  }
}

export class TokenAuthority {
  readonly issuer: string;
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;
  readonly #now: () => number;
  /** Tokens whose signature has been found good. */
  readonly #verified = new LruMap<string, Payload>(1000);

  /** @param clusterDomain `cluster.local`. @param now milliseconds since the epoch. */
  constructor(key: KeyObject, clusterDomain: string, now: () => number) {
    this.issuer = `https://kubernetes.default.svc.${clusterDomain}`;
    this.#key = key;
    this.#publicKey = createPublicKey(key);
    const der = this.#publicKey.export({ format: "der", type: "spki" });
    this.#keyId = createHash("sha256").update(der).digest("base64url");
    this.#now = now;
  }

  /** @param expirationSeconds brought within 10 minutes and 2^32 seconds. */
  issue(claims: ServiceAccountClaims, expirationSeconds: number): IssuedToken {
    const { namespace, serviceAccount, pod } = claims;
    const now = Math.floor(this.#now() / 1000);
    const exp = now + Math.min(Math.max(expirationSeconds, shortest), longest);
    const audiences = claims.audiences && claims.audiences.length > 0 ? claims.audiences : [this.issuer];
    const payload: Payload = {
      aud: audiences,
      exp,
      iat: now,
      iss: this.issuer,
      jti: randomUUID(),
      "kubernetes.io": { namespace, ...(pod && { pod }), serviceaccount: serviceAccount },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    };
    const signed = `${encode({ alg: "ES256", kid: this.#keyId })}.${encode(payload)}`;
    const signature = sign("sha256", Buffer.from(signed), { key: this.#key, dsaEncoding: "ieee-p1363" });
    const token = `${signed}.${signature.toString("base64url")}`;
    return { token, expirationTimestamp: timestamp(exp * 1000), audiences };
  }

  /** Who bears the token; undefined unless it is ours, in force, meant for the API server and bound to what still exists. */
  verify(token: string, stillThere: StillThere): User | undefined {
    const payload = this.#verified.get(token) ?? this.#checkSignature(token);
    if (!payload) return undefined;
    this.#verified.set(token, payload);
    const now = this.#now() / 1000;
    if (now >= payload.exp || now < payload.nbf || !payload.aud.includes(this.issuer)) return undefined;
    const { namespace, serviceaccount, pod } = payload["kubernetes.io"];
    if (!stillThere("serviceaccounts", namespace, serviceaccount)) return undefined;
    if (pod && !stillThere("pods", namespace, pod)) return undefined;
    return {
      name: payload.sub,
      uid: serviceaccount.uid,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    };
  }

  #checkSignature(token: string): Payload | undefined {
    const [header = "", payload = "", signature = "", ...rest] = token.split(".");
    if (rest.length > 0 || !header || !payload || !signature) return undefined;
    const good = verify(
      "sha256",
      Buffer.from(`${header}.${payload}`),
      { key: this.#publicKey, dsaEncoding: "ieee-p1363" },
      Buffer.from(signature, "base64url"),
    );
    // Whatever bears our signature was written by `issue`.
    return good ? (JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Payload) : undefined;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
