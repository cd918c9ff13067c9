import { homedir } from "node:os";
import { expect, it } from "vitest";
import { foreignDirectory, instanceFlags } from "./instance-paths.ts";

it.each([
  ["default", undefined, ""],
  ["default", `${homedir()}/.skiff/default`, ""],
  ["lab", undefined, " --name lab"],
  ["lab", `${homedir()}/.skiff/lab`, " --name lab"],
  ["lab", "/srv/lab", " --name lab --data-dir /srv/lab"],
  ["default", "/srv/lab", " --data-dir /srv/lab"],
])("%s in %s is named by %j", (name, dataDir, flags) => {
  expect(instanceFlags(name, dataDir)).toBe(flags);
});

it.each([
  ["lab", "lab", undefined],
  [undefined, "lab", undefined],
  ["lab", "default", /\/srv\/lab is the directory of the instance "lab", not of "default": say --name lab/],
])("a directory of %s asked for as %s", (owner, asked, error) => {
  const found = foreignDirectory("/srv/lab", owner, asked);
  if (error) expect(found).toMatch(error);
  else expect(found).toBeUndefined();
});
