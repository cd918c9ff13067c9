import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { onHost } from "./host-root.ts";

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "skiff-host-"));
  mkdirSync(join(root, "run/systemd/resolve"), { recursive: true });
  mkdirSync(join(root, "var"));
  mkdirSync(join(root, "etc"));
  writeFileSync(join(root, "run/systemd/resolve/stub-resolv.conf"), "");
  symlinkSync("/run", join(root, "var/run"));
  symlinkSync("../run/systemd/resolve/stub-resolv.conf", join(root, "etc/resolv.conf"));
  symlinkSync("../../../../etc", join(root, "var/above"));
  symlinkSync("round", join(root, "var/round"));
});
afterAll(() => rmSync(root, { recursive: true }));

it.each([
  ["/etc/hostname", "/etc/hostname"],
  ["/etc/resolv.conf", "/run/systemd/resolve/stub-resolv.conf"],
  ["/var/run/docker.sock", "/run/docker.sock"],
  ["/var/above/passwd", "/etc/passwd"],
  ["/var/../etc//./x", "/etc/x"],
  ["/../..", ""],
  ["/nothing/is/../here", "/nothing/here"],
  ["/var/round", "/var/round"],
])("%s is %s below the host's root", async (path, expected) => {
  expect(await onHost(path, root)).toBe(`${root}${expected}`);
});

it("leaves paths as they are where the host's root is this process' own", async () => {
  expect(await onHost("/var/run/../x", "")).toBe("/var/run/../x");
});
