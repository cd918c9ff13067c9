/** Makes certificates (ECDSA P-256, RFC 5280). Loaded only when one has to be made: its library takes a tenth of a second to load. */
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import type { CertificateNames, KeyPair, Validity } from "./certificates.ts";
import { provideMetadataReflection } from "./metadata-reflection.ts";

provideMetadataReflection();
const x509 = await import("@peculiar/x509");
x509.cryptoProvider.set(webcrypto);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

type Extensions = InstanceType<typeof x509.Extension>[];

export async function issueAuthority(validity: Validity): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ["skiff-ca"] }],
    serialNumber: serialNumber(),
    ...validity,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate.toString("pem")), key: await exportKey(keys.privateKey) };
}

export function issueServer(authority: KeyPair, names: CertificateNames, validity: Validity): Promise<KeyPair> {
  return issueLeaf(authority, [{ CN: ["kube-apiserver"] }], validity, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      ...names.dns.map((value) => ({ type: "dns" as const, value })),
      ...names.ip.map((value) => ({ type: "ip" as const, value })),
    ]),
  ]);
}

/** Kubernetes takes the user's name from CN and the groups from O. */
export function issueClient(
  authority: KeyPair,
  subject: { name: string; groups: readonly string[] },
  validity: Validity,
): Promise<KeyPair> {
  const name = [...subject.groups.map((group) => ({ O: [group] })), { CN: [subject.name] }];
  return issueLeaf(authority, name, validity, [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]);
}

async function issueLeaf(
  authority: KeyPair,
  subject: Record<string, string[]>[],
  validity: Validity,
  extensions: Extensions,
): Promise<KeyPair> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer.subjectName,
    serialNumber: serialNumber(),
    ...validity,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...extensions,
    ],
  });
  return { certificate: pem(certificate.toString("pem")), key: await exportKey(keys.privateKey) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/** 127 random bits: positive, as RFC 5280 wants it. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
    format: "pem",
    type: "pkcs8",
  }) as string;
}

function importKey(text: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(text).export({ format: "der", type: "pkcs8" });
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}

function pem(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
