/** Which certificate a client is shown: the Secret's for the name that it asks for, else one made on the spot. */
import { createSecureContext, type SecureContext } from "node:tls";
import { LruMap } from "../machinery/lru-map.ts";
import type { Stored } from "../machinery/object.ts";
import type { Secret } from "../machinery/types.ts";

/** PEM texts. */
export interface KeyPair {
  certificate: string;
  key: string;
}

interface Loaded {
  resourceVersion: string;
  context: SecureContext | undefined;
}

const mostSelfSigned = 256;
/** The name in the certificate of those who ask for none. */
const namelessHost = "ingress.localhost";

export class Certificates {
  readonly #secretOf: (key: string) => Stored<Secret> | undefined;
  readonly #selfSigned: (host: string) => KeyPair;
  readonly #loaded = new Map<string, Loaded>();
  readonly #made = new LruMap<string, SecureContext>(mostSelfSigned);
  /** Keys of Secrets by host; `""` for what is no host of its own. */
  #secrets: ReadonlyMap<string, string> = new Map();
  #ownPair: KeyPair | undefined;
  #defaultPair: (KeyPair & { resourceVersion: string }) | undefined;

  constructor(secretOf: (key: string) => Stored<Secret> | undefined, selfSigned: (host: string) => KeyPair) {
    this.#secretOf = secretOf;
    this.#selfSigned = selfSigned;
  }

  use(secrets: ReadonlyMap<string, string>): void {
    this.#secrets = secrets;
    const wanted = new Set(secrets.values());
    for (const key of this.#loaded.keys()) if (!wanted.has(key)) this.#loaded.delete(key);
  }

  /** What a Secret lacks to be a certificate; undefined when all is well or there is no Secret. */
  problemOf(key: string): string | undefined {
    const secret = this.#secretOf(key);
    if (!secret || this.#load(key, secret)) return undefined;
    return `Secret ${key} holds no certificate with its key (tls.crt, tls.key): a self-signed one takes its place`;
  }

  /** For clients that name no host: the same object as long as nothing has changed. */
  defaultPair(): KeyPair {
    const key = this.#secrets.get("");
    const secret = key === undefined ? undefined : this.#secretOf(key);
    if (key === undefined || !secret || !this.#load(key, secret)) {
      this.#ownPair ??= this.#selfSigned(namelessHost);
      return this.#ownPair;
    }
    const { resourceVersion } = secret.metadata;
    if (this.#defaultPair?.resourceVersion !== resourceVersion) {
      this.#defaultPair = { resourceVersion, ...pemOf(secret) };
    }
    return this.#defaultPair;
  }

  /** @param name that the client asks for. */
  contextFor(name: string): SecureContext {
    const host = name.toLowerCase();
    const dot = host.indexOf(".");
    const candidates = [host, dot > 0 ? `*${host.slice(dot)}` : undefined, ""];
    for (const candidate of candidates) {
      const key = candidate === undefined ? undefined : this.#secrets.get(candidate);
      const secret = key === undefined ? undefined : this.#secretOf(key);
      const context = key !== undefined && secret ? this.#load(key, secret) : undefined;
      if (context) return context;
    }
    return this.#make(/^[a-z0-9.-]{1,253}$/.test(host) ? host : namelessHost);
  }

  #load(key: string, secret: Stored<Secret>): SecureContext | undefined {
    const { resourceVersion } = secret.metadata;
    const known = this.#loaded.get(key);
    if (known?.resourceVersion === resourceVersion) return known.context;
    const context = contextOf(secret);
    this.#loaded.set(key, { resourceVersion, context });
    return context;
  }

  #make(host: string): SecureContext {
    const known = this.#made.get(host);
    if (known) return known;
    const { certificate, key } = this.#selfSigned(host);
    const context = createSecureContext({ cert: certificate, key });
    this.#made.set(host, context);
    return context;
  }
}

function pemOf({ data = {} }: Secret): KeyPair {
  const text = (name: string): string => Buffer.from(data[name] ?? "", "base64").toString("utf8");
  return { certificate: text("tls.crt"), key: text("tls.key") };
}

function contextOf(secret: Secret): SecureContext | undefined {
  const { certificate: cert, key } = pemOf(secret);
  if (cert === "" || key === "") return undefined;
  try {
    // Refused when they do not belong together.
    return createSecureContext({ cert, key });
  } catch {
    return undefined;
  }
}
