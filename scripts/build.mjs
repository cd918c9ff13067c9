// `npm run build`: schemas, then two bundles: the command (small: it starts for every call) and the daemon.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { build } from "esbuild";

const run = (command, args) => {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};

run(process.execPath, ["scripts/generate-schemas.mjs"]);

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
rmSync("dist", { recursive: true, force: true });
mkdirSync("dist", { recursive: true });
await build({
  entryPoints: { cli: "src/cli.ts", daemon: "src/daemon.ts", "daemon-module": "src/main.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  legalComments: "none",
  logLevel: "warning",
  // Native, or loading files beside itself: these stay where npm put them.
  external: ["better-sqlite3", "cpu-features", "ssh2", "pino", "@peculiar/x509"],
  define: { "process.env.SKIFF_VERSION": JSON.stringify(version) },
  // Bundled CommonJS packages call `require` for Node's own modules.
  banner: {
    js: 'import { createRequire as skiffRequire } from "node:module"; const require = skiffRequire(import.meta.url);',
  },
});
if (existsSync("src/generated")) cpSync("src/generated", "dist/generated", { recursive: true });
