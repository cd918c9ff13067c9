import { expect, test } from "vitest";
import { keptOutputs } from "../../scripts/kept-outputs.mjs";

test("what a running daemon was built of outlives the next builds", () => {
  let builds = keptOutputs(["daemon.js", "chunk-1.js"], []);
  expect(builds).toEqual([["chunk-1.js", "daemon.js"]]);
  builds = keptOutputs(["chunk-2.js", "daemon.js"], builds);
  builds = keptOutputs(["daemon.js", "chunk-2.js"], builds);
  expect(builds.flat()).toContain("chunk-1.js");
  builds = keptOutputs(["chunk-3.js"], builds);
  expect(builds).toEqual([["chunk-3.js"], ["chunk-2.js", "daemon.js"], ["chunk-1.js", "daemon.js"]]);
  expect(keptOutputs(["chunk-4.js"], builds).flat()).not.toContain("chunk-1.js");
});
