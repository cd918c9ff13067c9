// `npm test`: builds, then runs every tier, and closes with the plain line `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { ensureDocker } from "./ensure-docker.mjs";

const report = "node_modules/.cache/test-report.json";
mkdirSync("node_modules/.cache", { recursive: true });
rmSync(report, { force: true });

const build = spawnSync(process.execPath, ["scripts/build.mjs"], { stdio: "inherit" });
if (build.status !== 0) process.exit(1);
await ensureDocker();

const tests = spawnSync(
  "npx",
  ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { stdio: "inherit", env: { ...process.env, SKIFF_BUILT: "1" } },
);

let counts;
try {
  counts = JSON.parse(readFileSync(report, "utf8"));
} catch {
  console.error("The test runner left no report.");
  process.exit(1);
}
// A file that fails to load has no tests of its own, but is a failure all the same.
const failed =
  counts.numFailedTests +
  counts.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
console.log(`${counts.numPassedTests} passed, ${failed} failed`);
process.exit(tests.status === 0 && failed === 0 && counts.numPassedTests > 0 ? 0 : 1);
