// `npm run build`: schemas, then two bundles: the command (small: it starts for every call) and the daemon.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { keptOutputs } from "./kept-outputs.mjs";

const run = (command, args) => {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};

run(process.execPath, ["scripts/generate-schemas.mjs"]);

/**
 * What dockerode loads at its start and Skiff seldom or never uses costs 10 MB and 40 ms: BuildKit sessions (gRPC) are left out,
 * and SSH is loaded with the first `DOCKER_HOST=ssh://…`.
 */
const leanDockerode = {
  name: "lean-dockerode",
  setup({ onLoad }) {
    onLoad({ filter: /dockerode[/\\]lib[/\\](session|buildkit)\.js$/ }, () => ({
      contents: 'module.exports = () => { throw new Error("BuildKit sessions are not part of Skiff"); };',
      loader: "js",
    }));
    onLoad({ filter: /docker-modem[/\\]lib[/\\]modem\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const eager = "ssh = require('./ssh')";
      if (!source.includes(eager)) throw new Error(`${path} loads ssh in another way now: mend scripts/build.mjs`);
      return { contents: source.replace(eager, "ssh = (...options) => require('./ssh')(...options)"), loader: "js" };
    });
  },
};

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
mkdirSync("dist", { recursive: true });
const { metafile } = await build({
  metafile: true,
  entryPoints: { cli: "src/cli.ts", daemon: "src/daemon.ts", "daemon-module": "src/main.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // The text of the program stays in memory as long as it runs.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  plugins: [leanDockerode],
  legalComments: "none",
  logLevel: "warning",
  // Native, or loading files beside itself: these stay where npm put them.
  external: ["better-sqlite3", "cpu-features", "ssh2", "pino"],
  define: { "process.env.SKIFF_VERSION": JSON.stringify(version) },
  // Bundled CommonJS packages call `require` for Node's own modules.
  banner: {
    js: 'import { createRequire as skiffRequire } from "node:module"; const require = skiffRequire(import.meta.url);',
  },
});
const manifest = "dist/builds.json";
const before = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : [];
const builds = keptOutputs(
  Object.keys(metafile.outputs).map((path) => basename(path)),
  before,
);
writeFileSync(manifest, JSON.stringify(builds));
const kept = new Set(builds.flat());
for (const name of readdirSync("dist")) {
  if (/\.js(\.map)?$/.test(name) && !kept.has(name)) rmSync(join("dist", name));
}
if (existsSync("src/generated")) cpSync("src/generated", "dist/generated", { recursive: true });
