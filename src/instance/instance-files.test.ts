import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { instancePaths } from "../machinery/instance-paths.ts";
import { removeFiles } from "./instance-files.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "skiff-files-"));
  const own = [
    "skiff.db",
    "skiff.db-wal",
    "settings.json",
    "settings.json.new",
    "skiff.pid.77",
    "skiff.log",
    "kubeconfig",
  ];
  for (const name of own) writeFileSync(join(directory, name), "");
  mkdirSync(join(directory, "pods", "uid"), { recursive: true });
  mkdirSync(join(directory, "volumes", "shop_data"), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("go with their directory", () => {
  expect(removeFiles(instancePaths("x", directory))).toEqual([]);
  expect(existsSync(directory)).toBe(false);
});

it("go from among the files of others", () => {
  writeFileSync(join(directory, "thesis.txt"), "");
  mkdirSync(join(directory, "podsnap"));
  expect(removeFiles(instancePaths("x", directory)).sort()).toEqual(["podsnap", "thesis.txt"]);
  expect(readdirSync(directory).sort()).toEqual(["podsnap", "thesis.txt"]);
});

it("may be gone already", () => {
  rmSync(directory, { recursive: true });
  expect(removeFiles(instancePaths("x", directory))).toEqual([]);
});
