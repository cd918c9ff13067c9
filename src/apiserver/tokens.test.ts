import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../machinery/clock.ts";
import { loadTokenKey, TokenAuthority } from "./tokens.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const claims = { namespace: "demo", serviceAccount: { name: "bot", uid: "u1" } };
const always = () => true;

function authority(clock = new FakeClock()) {
  return { clock, tokens: new TokenAuthority(privateKey, "cluster.local", () => clock.now()) };
}

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
}

describe("TokenAuthority", () => {
  it("issues tokens with the claims of bound tokens", () => {
    const { tokens } = authority();
    const { token, expirationTimestamp } = tokens.issue({ ...claims, pod: { name: "p", uid: "u2" } }, 3600);
    expect(expirationTimestamp).toBe("2026-01-01T01:00:00Z");
    expect(payloadOf(token)).toMatchObject({
      aud: ["https://kubernetes.default.svc.cluster.local"],
      iss: "https://kubernetes.default.svc.cluster.local",
      sub: "system:serviceaccount:demo:bot",
      exp: Date.UTC(2026, 0, 1, 1) / 1000,
      "kubernetes.io": { namespace: "demo", pod: { name: "p", uid: "u2" }, serviceaccount: { name: "bot", uid: "u1" } },
    });
  });

  it("knows its own again", () => {
    const { tokens } = authority();
    const { token } = tokens.issue(claims, 3600);
    const user = {
      name: "system:serviceaccount:demo:bot",
      uid: "u1",
      groups: ["system:serviceaccounts", "system:serviceaccounts:demo", "system:authenticated"],
    };
    expect(tokens.verify(token, always)).toEqual(user);
    expect(tokens.verify(token, always)).toEqual(user);
  });

  it("refuses what has expired, is for others, or was tampered with", () => {
    const { clock, tokens } = authority();
    const { token } = tokens.issue(claims, 3600);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const other = Buffer.from(JSON.stringify({ ...payloadOf(token), sub: "system:serviceaccount:kube-system:root" }));
    expect(tokens.verify(`${header}.${other.toString("base64url")}.${signature}`, always)).toBeUndefined();
    expect(tokens.verify(`${header}.${payload}.`, always)).toBeUndefined();
    expect(tokens.verify("wrong", always)).toBeUndefined();
    const elsewhere = tokens.issue({ ...claims, audiences: ["vault"] }, 3600);
    expect(tokens.verify(elsewhere.token, always)).toBeUndefined();
    clock.advance(3_600_000);
    expect(tokens.verify(token, always)).toBeUndefined();
  });

  it("refuses another instance's", () => {
    const { tokens } = authority();
    const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const foreign = new TokenAuthority(stranger, "cluster.local", () => Date.UTC(2026, 0, 1));
    expect(tokens.verify(foreign.issue(claims, 3600).token, always)).toBeUndefined();
  });

  it("asks every time whether ServiceAccount and Pod still are the same", () => {
    const { tokens } = authority();
    const { token } = tokens.issue({ ...claims, pod: { name: "p", uid: "u2" } }, 3600);
    const asked: string[] = [];
    tokens.verify(token, (resource, namespace, { name, uid }) => {
      asked.push(`${resource} ${namespace}/${name} ${uid}`);
      return true;
    });
    expect(asked).toEqual(["serviceaccounts demo/bot u1", "pods demo/p u2"]);
    expect(tokens.verify(token, (resource) => resource !== "pods")).toBeUndefined();
    expect(tokens.verify(token, (resource) => resource !== "serviceaccounts")).toBeUndefined();
  });
});

it("keeps one key per instance", () => {
  const directory = mkdtempSync(join(tmpdir(), "skiff-sa-"));
  try {
    const first = loadTokenKey(directory);
    expect(loadTokenKey(directory).equals(first)).toBe(true);
    expect(statSync(join(directory, "sa.key")).mode & 0o777).toBe(0o600);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
