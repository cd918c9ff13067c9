import { mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeAtomically } from "./atomic-writer.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "skiff-atomic-"));
});
afterEach(() => rm(directory, { recursive: true }));

const now = Date.UTC(2026, 0, 31, 12);
const files = (content: Record<string, string>, mode = 0o644) =>
  new Map(Object.entries(content).map(([path, text]) => [path, { content: Buffer.from(text), mode }]));
const write = (content: Record<string, string>, mode?: number) =>
  writeAtomically(directory, files(content, mode), undefined, now);
const names = async () => (await readdir(directory)).filter((name) => !name.startsWith("..")).sort();

test("names lead through ..data to the files", async () => {
  write({ "a.conf": "one", "sub/b": "two" }, 0o640);
  expect(await names()).toEqual(["a.conf", "sub"]);
  expect(await readlink(join(directory, "a.conf"))).toBe("..data/a.conf");
  expect(await readlink(join(directory, "..data"))).toMatch(/^\.\.2026_01_31_12_00_00\.\w{6}$/);
  expect(await readFile(join(directory, "sub/b"), "utf8")).toBe("two");
  expect((await stat(join(directory, "a.conf"))).mode & 0o777).toBe(0o640);
});

test("an update changes, adds and takes away, and leaves nothing of the old", async () => {
  write({ a: "1", b: "2", "d/e": "3" });
  const before = await readlink(join(directory, "..data"));
  expect(write({ a: "new", c: "3" })).toBe(true);
  expect(await names()).toEqual(["a", "c"]);
  expect(await readFile(join(directory, "a"), "utf8")).toBe("new");
  expect(await readdir(directory)).not.toContain(before);
});

test("the same again writes nothing", async () => {
  write({ a: "1" });
  const before = await readlink(join(directory, "..data"));
  expect(write({ a: "1" })).toBe(false);
  expect(await readlink(join(directory, "..data"))).toBe(before);
});

test("what an update that was cut short left behind is no obstacle", async () => {
  write({ a: "1" });
  await rm(join(directory, "a"));
  expect(write({ a: "2" })).toBe(true);
  expect(await readFile(join(directory, "a"), "utf8")).toBe("2");
});
