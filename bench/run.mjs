// `npm run bench [-- name …]`: each benchmark measures Skiff and a baseline in the same run and prints their ratio.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { ensureDocker, installPackages } from "../scripts/ensure-docker.mjs";
import { makeImages } from "../scripts/test-images.mjs";
import { root, table } from "./measure.mjs";

const files = readdirSync(new URL(".", import.meta.url)).filter((file) => file.endsWith(".bench.mjs"));
const known = files.map((file) => file.replace(".bench.mjs", ""));
const wanted = process.argv.slice(2).filter((name) => !name.startsWith("--"));
/** `network` means `network-dns` too. */
const belongs = (name, word) => name === word || name.startsWith(`${word}-`);
const unknown = wanted.filter((word) => !known.some((name) => belongs(name, word)));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(1);
}

execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
await ensureDocker();
installPackages({
  "busybox-static": "busybox",
  "nginx-light": "nginx",
  "redis-server": "redis-server",
  memcached: "memcached",
  "apache2-bin": "apache2",
  wrk: "wrk",
  "docker-compose": "docker-compose",
});
makeImages();

/** Sections of RESULTS.md by title: what is not measured now stays, and so does what people have written about it. */
const results = new URL("RESULTS.md", import.meta.url);
const earlier = existsSync(results) ? readFileSync(results, "utf8").split(/^## /m).slice(1) : [];
const sections = new Map(earlier.map((section) => [section.split("\n", 1)[0], section.trimEnd()]));

let short = 0;
for (const name of known) {
  if (wanted.length > 0 && !wanted.some((word) => belongs(name, word))) continue;
  const { title, run } = await import(`./${name}.bench.mjs`);
  // Others' work on the machine falls on both sides of a ratio, but not evenly.
  const load = `Load average before it began: ${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores.`;
  console.log(`\n## ${title}\n\n${load}\n`);
  const rows = await run();
  console.log(table(rows));
  short += rows.filter((row) => row.holds === false).length;
  sections.set(title, `${title}\n\n${load}\n\n${table(rows)}`);
}
console.log(short === 0 ? "\nEvery bar holds." : `\n${short} figures fall short of their bar.`);
if (process.argv.includes("--write")) {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`;
  const head = `# Results\n\nMade by \`npm run bench -- --write\` on ${machine}. Absolute figures are this machine's on that day; the ratios, each to a baseline measured in the same run, are what to compare.`;
  writeFileSync(results, `${[head, ...[...sections.values()].map((section) => `## ${section}`)].join("\n\n")}\n`);
}
