/**
 * The instance's certificates: an authority of its own, the API server's certificate and the administrator's. Made once and
 * kept under `<data-dir>/pki`; made anew when they end soon, or when the server answers under names they do not cover.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { issueAuthority, issueClient, issueSelfSigned, issueServer } from "./issue-certificate.ts";
import { writePrivately } from "./write-privately.ts";

/** PEM texts. */
export interface KeyPair {
  certificate: string;
  key: string;
}

export interface Certificates {
  /** Certificate of the authority. */
  authority: string;
  server: KeyPair;
  /** `kubernetes-admin` of `system:masters`. */
  admin: KeyPair;
}

export interface CertificateNames {
  dns: readonly string[];
  ip: readonly string[];
}

const day = 24 * 60 * 60 * 1000;
const lifetimes = { authority: 3650 * day, leaf: 730 * day };
/** Less time left than this, and a certificate is made anew at the next start. */
const renewal = { authority: 730 * day, leaf: 365 * day };

export const adminName = "kubernetes-admin";

/** Under which names clients reach the API server, besides the addresses given. */
export function serverNames(addresses: readonly string[], clusterDomain: string, hostName: string): CertificateNames {
  const inCluster = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    `kubernetes.default.svc.${clusterDomain}`,
  ];
  return {
    dns: [...new Set(["localhost", hostName, ...inCluster])],
    ip: [...new Set(["127.0.0.1", "::1", ...addresses])].filter((address) => isIP(address) !== 0),
  };
}

/**
 * Loads what is in `directory` (made 0700, files 0600) and makes what is missing, ending or not covering `names`.
 * @param now milliseconds since the epoch.
 */
export function ensureCertificates(directory: string, names: CertificateNames, now: number): Certificates {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  let authority = load(directory, "ca");
  if (!authority || !usable(authority, authority, now + renewal.authority)) {
    authority = save(directory, "ca", issueAuthority(validity(now, lifetimes.authority)));
  }
  let server = load(directory, "apiserver");
  if (!server || !usable(server, authority, now + renewal.leaf) || !covers(server, names)) {
    server = save(directory, "apiserver", issueServer(authority, names, validity(now, lifetimes.leaf)));
  }
  let admin = load(directory, "admin");
  if (!admin || !usable(admin, authority, now + renewal.leaf)) {
    const subject = { name: adminName, groups: ["system:masters"] };
    admin = save(directory, "admin", issueClient(authority, subject, validity(now, lifetimes.leaf)));
  }
  return { authority: authority.certificate, server, admin };
}

/** A certificate for a host that has none, signed by its own key. It is not kept. */
export function selfSigned(host: string, now: number): KeyPair {
  return issueSelfSigned(host, validity(now, lifetimes.leaf));
}

export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

function validity(now: number, lifetime: number): Validity {
  // An hour back: clocks of clients in containers and virtual machines lag.
  return { notBefore: new Date(now - 60 * 60 * 1000), notAfter: new Date(now + lifetime) };
}

function load(directory: string, name: string): KeyPair | undefined {
  try {
    return {
      certificate: readFileSync(join(directory, `${name}.crt`), "utf8"),
      key: readFileSync(join(directory, `${name}.key`), "utf8"),
    };
  } catch {
    return undefined;
  }
}

function save(directory: string, name: string, pair: KeyPair): KeyPair {
  writePrivately(join(directory, `${name}.key`), pair.key);
  writePrivately(join(directory, `${name}.crt`), pair.certificate);
  return pair;
}

/** Whether it is the authority's work, fits its key (a crash may have left one old file) and lasts until `until`. */
function usable(pair: KeyPair, authority: KeyPair, until: number): boolean {
  try {
    const { certificate, privateKey } = parse(pair);
    const issuer = new X509Certificate(authority.certificate);
    return (
      certificate.checkPrivateKey(privateKey) &&
      certificate.verify(issuer.publicKey) &&
      Date.parse(certificate.validTo) > until
    );
  } catch {
    return false;
  }
}

function covers({ certificate }: KeyPair, names: CertificateNames): boolean {
  const parsed = new X509Certificate(certificate);
  return (
    names.dns.every((name) => parsed.checkHost(name) !== undefined) &&
    names.ip.every((address) => parsed.checkIP(address) !== undefined)
  );
}

function parse({ certificate, key }: KeyPair) {
  return { certificate: new X509Certificate(certificate), privateKey: createPrivateKey(key) };
}
