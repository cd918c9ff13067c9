import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readComposeFile } from "./compose-file.ts";
import { readIfPresent, readManifests } from "./manifest-files.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "skiff-manifests-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const put = (name: string, text = name) => writeFileSync(join(directory, name), text);

describe("readManifests", () => {
  it("reads a file, and the manifests of a directory in order of their names", () => {
    for (const name of ["b.yml", "a.yaml", "notes.txt", "c.json", "d.yaml.bak"]) put(name);
    const path = join(directory, "a.yaml");
    expect(readManifests(path)).toEqual({ files: [{ name: path, text: "a.yaml" }], directory });
    const { files } = readManifests(directory);
    expect(files.map(({ text }) => text)).toEqual(["a.yaml", "b.yml", "c.json"]);
    expect(files[0]?.name).toBe(path);
  });

  it("says what is missing", () => {
    expect(() => readManifests(join(directory, "x"))).toThrow(`There is no file or directory ${join(directory, "x")}`);
    expect(() => readManifests(directory)).toThrow("There is no *.yaml, *.yml or *.json in the directory");
    expect(readIfPresent(join(directory, ".env"))).toBeUndefined();
  });
});

describe("readComposeFile", () => {
  const here = process.cwd();
  afterEach(() => process.chdir(here));

  it("finds the file by its usual names, here or above", () => {
    put("docker-compose.yml", "old");
    const below = join(directory, "a/b");
    mkdirSync(below, { recursive: true });
    process.chdir(below);
    expect(readComposeFile(undefined)).toMatchObject({ files: [{ text: "old" }], directory });
    put("compose.yaml", "new");
    process.chdir(directory);
    expect(readComposeFile(undefined).files).toEqual([{ name: "compose.yaml", text: "new" }]);
  });

  it("says what to do where there is none", () => {
    process.chdir(directory);
    expect(() => readComposeFile(undefined)).toThrow("There is no compose.yaml here");
    put("a.yaml");
    put("b.yaml");
    expect(() => readComposeFile(".")).toThrow(". is a directory. Name the Compose file: -f compose.yaml");
  });
});
