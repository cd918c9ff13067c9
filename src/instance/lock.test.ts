import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockHolder, takeLock } from "./lock.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "skiff-lock-"));
  file = join(directory, "skiff.pid");
});
afterEach(() => rmSync(directory, { recursive: true }));

it("is held by one process at a time, and given back", () => {
  {
    using _lock = takeLock(file);
    expect(lockHolder(file)).toBe(process.pid);
    expect(() => takeLock(file)).toThrow(`running already (pid ${process.pid})`);
  }
  expect(lockHolder(file)).toBeUndefined();
  takeLock(file)[Symbol.dispose]();
});

it.each([
  ["a process that is gone", JSON.stringify({ pid: 2 ** 22 + 1, startTicks: "1" })],
  ["another process with the same number", JSON.stringify({ pid: process.pid, startTicks: "1" })],
  ["a torn file", '{"pid":'],
])("is taken over from %s", (_, content) => {
  writeFileSync(file, content);
  using _lock = takeLock(file);
  expect(lockHolder(file)).toBe(process.pid);
});
