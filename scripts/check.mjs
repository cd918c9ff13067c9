// `npm run check`: types, lint, format, import directions, dead code. Fails when a tool looked at nothing.
import { spawnSync } from "node:child_process";

const steps = [
  ["schemas", "node", ["scripts/generate-schemas.mjs"]],
  ["types", "npx", ["tsc", "--noEmit", "-p", "."]],
  ["lint", "npx", ["oxlint", "--type-aware", "src", "test", "bench"], /on (\d+) files/],
  ["format", "npx", ["biome", "ci", "--colors=off", "."], /Checked (\d+) files/],
  ["import directions", "npx", ["depcruise", "--config", ".dependency-cruiser.cjs", "src"], /(\d+) modules/],
  ["dead code", "npx", ["knip", "--no-progress"]],
];

let failed = 0;
for (const [name, command, args, counted] of steps) {
  const began = Date.now();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  const output = `${stdout}${stderr}`;
  const seen = counted ? Number(counted.exec(output)?.[1] ?? 0) : 1;
  const good = status === 0 && seen > 0;
  console.log(
    `${good ? "ok  " : "FAIL"}  ${name}${counted ? ` (${seen} files)` : ""}, ${((Date.now() - began) / 1000).toFixed(1)} s`,
  );
  if (!good) {
    failed++;
    console.log(seen > 0 ? output : `${output}\n${name}: nothing was looked at`);
  }
}
process.exit(failed > 0 ? 1 : 0);
