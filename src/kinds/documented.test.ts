/** What the documents say of the kinds is what there is. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { kinds } from "./index.ts";
import { unhonouredFields } from "./pod/unhonoured.ts";

/** With line breaks as blanks. */
function paragraph(file: string, from: string, to: string): string {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8").replaceAll(/\s+/g, " ");
  const begin = text.indexOf(from);
  const end = text.indexOf(to, begin);
  if (begin < 0 || end < 0) throw new Error(`${file} has no "${from} … ${to}"`);
  return text.slice(begin + from.length, end);
}

const served = kinds.filter(({ virtual }) => !virtual).map(({ resource }) => resource.kind);

it("the README names every kind", () => {
  const named = paragraph("README.md", "Kinds: ", ", and the access reviews")
    .replaceAll(/\([^)]*\)/g, "")
    .split(",")
    .map((name) => name.trim());
  expect(named.sort()).toEqual([...served].sort());
});

it("the differences name no kind as missing that is there", () => {
  const missing = paragraph("docs/differences.md", "So no ", "Commands that");
  expect(missing).toContain("DaemonSet");
  const words = missing.split(/[^A-Za-z]+/);
  expect(kinds.map(({ resource }) => resource.kind).filter((kind) => words.includes(kind))).toEqual([]);
});

it("the differences name every field of Pods that is not honoured", () => {
  const text = paragraph("docs/differences.md", "**Fields of Pods**", "- **Services**");
  const names = unhonouredFields.map((field) => field.split(".").at(-1) ?? "");
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});
