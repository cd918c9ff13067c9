/**
 * Makes certificates: ECDSA P-256, X.509 version 3 (RFC 5280). Written out here because the one form needed is small, and a
 * library for all forms takes longer to load than the rest of a first start, and 20 MB for as long as the process lives.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { parseIpv4 } from "../machinery/cidr.ts";
import { ipv6Bytes } from "../machinery/ipv6.ts";
import type { CertificateNames, KeyPair, Validity } from "./certificates.ts";
import {
  bitString,
  booleanTrue,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  printableString,
  sequence,
  set,
  time,
} from "./der.ts";

const signatureAlgorithm = sequence(objectIdentifier("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
const version3 = explicit(0, integer(Buffer.from([2])));

/** Attributes of a name; their values must be made of PrintableString's characters. */
const commonName = "2.5.4.3";
const organization = "2.5.4.10";

/** ub-common-name of RFC 5280. */
const longestCommonName = 64;

type Attribute = readonly [type: string, value: string];

const authorityName = nameOf([[commonName, "skiff-ca"]]);

const extendedUsage = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" };

export function issueAuthority(validity: Validity): KeyPair {
  const keys = newKeys();
  const extensions = [
    critical("2.5.29.19", sequence(booleanTrue)), // basicConstraints: cA
    critical("2.5.29.15", bitString(Buffer.from([0b0000_0110]), 1)), // keyUsage: keyCertSign, cRLSign
    extension("2.5.29.14", octetString(keyIdentifier(keys.publicKey))),
  ];
  return {
    certificate: certificate(authorityName, keys.publicKey, validity, extensions, keys.privateKey),
    ...keys.pem,
  };
}

export function issueServer(authority: KeyPair, names: CertificateNames, validity: Validity): KeyPair {
  const alternatives = sequence(
    ...names.dns.map((name) => implicit(2, Buffer.from(name, "latin1"))),
    ...names.ip.flatMap((address) => addressBytes(address) ?? []).map((bytes) => implicit(7, bytes)),
  );
  return issueLeaf(authority, [[commonName, "kube-apiserver"]], validity, [
    extension("2.5.29.37", sequence(objectIdentifier(extendedUsage.server))),
    extension("2.5.29.17", alternatives),
  ]);
}

/** Kubernetes takes the user's name from CN and the groups from O. */
export function issueClient(
  authority: KeyPair,
  subject: { name: string; groups: readonly string[] },
  validity: Validity,
): KeyPair {
  const groups = subject.groups.map((group): Attribute => [organization, group]);
  return issueLeaf(authority, [...groups, [commonName, subject.name]], validity, [
    extension("2.5.29.37", sequence(objectIdentifier(extendedUsage.client))),
  ]);
}

/** A server's certificate that nobody vouches for but itself. The name of its subject is the host's, where that is short enough. */
export function issueSelfSigned(host: string, validity: Validity): KeyPair {
  const keys = newKeys();
  const subject = nameOf([[commonName, host.length <= longestCommonName ? host : "skiff-ingress"]]);
  // Without keyUsage: one that does not allow to sign certificates would deny the signature on this one.
  const extensions = [
    critical("2.5.29.19", sequence()), // basicConstraints: none
    extension("2.5.29.37", sequence(objectIdentifier(extendedUsage.server))),
    extension("2.5.29.17", sequence(implicit(2, Buffer.from(host, "latin1")))),
  ];
  return {
    certificate: certificate(subject, keys.publicKey, validity, extensions, keys.privateKey, subject),
    ...keys.pem,
  };
}

function issueLeaf(
  authority: KeyPair,
  subject: readonly Attribute[],
  validity: Validity,
  extensions: readonly Buffer[],
): KeyPair {
  const keys = newKeys();
  const signer = createPrivateKey(authority.key);
  const all = [
    critical("2.5.29.19", sequence()), // basicConstraints: none
    critical("2.5.29.15", bitString(Buffer.from([0b1000_0000]), 7)), // keyUsage: digitalSignature
    extension("2.5.29.35", sequence(implicit(0, keyIdentifier(createPublicKey(signer))))), // authorityKeyIdentifier
    ...extensions,
  ];
  return { certificate: certificate(nameOf(subject), keys.publicKey, validity, all, signer), ...keys.pem };
}

/** Section 4.1. @returns PEM. */
function certificate(
  subject: Buffer,
  publicKey: KeyObject,
  { notBefore, notAfter }: Validity,
  extensions: readonly Buffer[],
  signer: KeyObject,
  issuer: Buffer = authorityName,
): string {
  const content = sequence(
    version3,
    serialNumber(),
    signatureAlgorithm,
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKey.export({ format: "der", type: "spki" }),
    explicit(3, sequence(...extensions)),
  );
  const whole = sequence(content, signatureAlgorithm, bitString(sign("sha256", content, signer)));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function nameOf(attributes: readonly Attribute[]): Buffer {
  return sequence(...attributes.map(([type, value]) => set(sequence(objectIdentifier(type), printableString(value)))));
}

const extension = (id: string, value: Buffer): Buffer => sequence(objectIdentifier(id), octetString(value));

const critical = (id: string, value: Buffer): Buffer => sequence(objectIdentifier(id), booleanTrue, octetString(value));

/** 127 random bits: positive, as section 4.1.2.2 wants it. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return integer(bytes);
}

/** Method (1) of section 4.2.1.2: SHA-1 of the key's bits, which are the last 65 bytes of its P-256 form. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const bits = publicKey.export({ format: "der", type: "spki" }).subarray(-65);
  return createHash("sha1").update(bits).digest();
}

function addressBytes(address: string): Uint8Array | undefined {
  const ipv4 = parseIpv4(address);
  if (ipv4 === undefined) return ipv6Bytes(address);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(ipv4);
  return bytes;
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject; pem: { key: string } } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { publicKey, privateKey, pem: { key: privateKey.export({ format: "pem", type: "pkcs8" }) as string } };
}
