import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { probeNftables } from "./probe-nftables.ts";

let folder: string;
const path = process.env["PATH"];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "skiff-nft-"));
  process.env["PATH"] = folder;
});

afterEach(async () => {
  process.env["PATH"] = path;
  await rm(folder, { recursive: true });
});

/** An `nft` that says this on stderr and ends so. */
async function nftSays(text: string, code: number): Promise<void> {
  const file = join(folder, "nft");
  await writeFile(file, `#!/bin/sh\necho '${text}' >&2\nexit ${code}\n`);
  await chmod(file, 0o755);
}

it("finds nothing to object to", async () => {
  await nftSays("", 0);
  expect(await probeNftables()).toBeUndefined();
});

it("says what to install", async () => {
  expect(await probeNftables()).toBe("the command nft is not installed; install the package nftables");
});

it("says which right is missing", async () => {
  await nftSays("Operation not permitted (you must be root)", 1);
  expect(await probeNftables()).toContain("run Skiff as root or with CAP_NET_ADMIN");
});

it("says what the kernel or nft lacks", async () => {
  await nftSays("/dev/stdin:6:1-5: Error: Could not process rule: No such file or directory", 1);
  expect(await probeNftables()).toContain("Could not process rule: No such file or directory");
});
