/** Builds `dist/` for the tests that start the real command, unless `npm test` has just done so. */
import { execFileSync } from "node:child_process";

export default function setup(): void {
  if (process.env["SKIFF_BUILT"]) return;
  execFileSync(process.execPath, ["scripts/build.mjs"], { stdio: "inherit" });
}
