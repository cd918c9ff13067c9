import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
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

it("is taken over from a process that has ended and that nobody has waited for yet", async () => {
  // The shell becomes a program that does not wait for the child it inherits.
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const stat = `/proc/${line.toString("utf8").trim()}/stat`;
    await vi.waitFor(() => expect(readFileSync(stat, "utf8")).toMatch(/\) Z /));
    const fields = readFileSync(stat, "utf8").split(") ")[1]?.split(" ");
    writeFileSync(file, JSON.stringify({ pid: Number(line.toString("utf8")), startTicks: fields?.[19] }));
    expect(lockHolder(file)).toBeUndefined();
    using _lock = takeLock(file);
    expect(lockHolder(file)).toBe(process.pid);
  } finally {
    parent.kill();
  }
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
