import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UserError } from "../machinery/daemon.ts";
import { instancePaths } from "../machinery/instance-paths.ts";
import { withDataDirectory } from "./data-directory.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "skiff-data-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function start(directory: string, begin: () => Promise<string> = async () => "started"): Promise<string> {
  return withDataDirectory(instancePaths("default", directory), begin);
}

test("the directory is there for the start, and stays", async () => {
  const directory = join(home, "a", "b");
  expect(await start(directory)).toBe("started");
  expect(existsSync(directory)).toBe(true);
});

test("a start that fails leaves no directory behind", async () => {
  const failing = start(join(home, "a", "b"), () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(existsSync(join(home, "a"))).toBe(false);
});

test.each([
  ["a file", () => join(home, "file")],
  ["below a file", () => join(home, "file", "below")],
  ["where the kernel lets nobody make one", () => "/proc/skiff/default"],
])("%s: no place for it", async (_what, place) => {
  writeFileSync(join(home, "file"), "");
  const failing = start(place());
  await expect(failing).rejects.toThrow(/^Cannot make the data directory: (EEXIST|ENOTDIR|ENOENT).*--data-dir$/);
  await expect(failing).rejects.toThrow(UserError);
});

test("a path in which the socket's would be cut off is refused", async () => {
  const longest = `/${"d".repeat(97)}`;
  const error = `${longest}d is too long a path for a data directory: give one of at most 98 bytes`;
  await expect(start(`${longest}d`)).rejects.toThrow(new UserError(error));
  expect(existsSync(`${longest}d`)).toBe(false);
});
