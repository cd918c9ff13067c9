import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureCertificates, selfSigned, serverNames } from "./certificates.ts";

const now = Date.UTC(2026, 0, 1);
const names = serverNames(["192.0.2.7", "10.96.0.1"], "cluster.local", "box");

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "skiff-pki-")), "pki");
});
afterEach(() => rmSync(join(directory, ".."), { recursive: true, force: true }));

describe("ensureCertificates", () => {
  it("makes a server certificate for every name, and an administrator's", () => {
    const { authority, server, admin } = ensureCertificates(directory, names, now);
    const ca = new X509Certificate(authority);
    expect(ca.ca).toBe(true);
    const certificate = new X509Certificate(server.certificate);
    expect(certificate.checkIssued(ca)).toBe(true);
    for (const name of ["localhost", "box", "kubernetes.default.svc.cluster.local"]) {
      expect(certificate.checkHost(name)).toBe(name);
    }
    for (const address of ["127.0.0.1", "192.0.2.7", "10.96.0.1"]) expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.subjectAltName).toContain("IP Address:0:0:0:0:0:0:0:1");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(Date.parse(certificate.validTo)).toBe(now + 730 * 86_400_000);
    const client = new X509Certificate(admin.certificate);
    expect(client.verify(ca.publicKey)).toBe(true);
    expect(client.checkIssued(ca)).toBe(true);
    expect(client.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(client.subject).toBe("O=system:masters\nCN=kubernetes-admin");
    for (const file of readdirSync(directory)) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it("keeps what is good", () => {
    const first = ensureCertificates(directory, names, now);
    expect(ensureCertificates(directory, names, now + 1000)).toEqual(first);
    expect(ensureCertificates(directory, { dns: ["localhost"], ip: [] }, now)).toEqual(first);
  });

  it("makes the server's anew when it answers under another name", () => {
    const first = ensureCertificates(directory, names, now);
    const second = ensureCertificates(directory, serverNames(["192.0.2.8"], "cluster.local", "box"), now);
    expect(second.authority).toBe(first.authority);
    expect(second.admin).toEqual(first.admin);
    expect(new X509Certificate(second.server.certificate).checkIP("192.0.2.8")).toBe("192.0.2.8");
  });

  it("makes anew what ends within a year", () => {
    const first = ensureCertificates(directory, names, now);
    const later = ensureCertificates(directory, names, now + 366 * 86_400_000);
    expect(later.authority).toBe(first.authority);
    expect(later.server).not.toEqual(first.server);
    expect(later.admin).not.toEqual(first.admin);
  });

  it("mends a certificate whose key is another's, and files that are garbage", () => {
    const first = ensureCertificates(directory, names, now);
    writeFileSync(join(directory, "admin.key"), first.server.key);
    writeFileSync(join(directory, "apiserver.crt"), "garbage");
    const second = ensureCertificates(directory, names, now);
    expect(second.authority).toBe(first.authority);
    expect(new X509Certificate(second.server.certificate).verify(new X509Certificate(first.authority).publicKey)).toBe(
      true,
    );
    expect(readFileSync(join(directory, "admin.key"), "utf8")).toBe(second.admin.key);
    expect(second.admin.key).not.toBe(first.server.key);
  });
});

it.each(["cafe.example.com", `${"a".repeat(60)}.${"b".repeat(60)}.localhost`])("signs for %s itself", (host) => {
  const pair = selfSigned(host, now);
  const certificate = new X509Certificate(pair.certificate);
  expect(certificate.checkHost(host)).toBe(host);
  expect(certificate.checkIssued(certificate)).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
});
