// What Skiff runs with, out of node_modules: `node scripts/production-packages.mjs DIRECTORY` copies it there.
// `npm prune` would do the same, but it asks the registry, and an image may be built where none is reachable.
import { cpSync, existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Their paths in the checkout, such as `node_modules/ws`: dependencies, theirs, and so on, as they are installed here. */
export function productionPackages() {
  const found = new Set();
  const visit = (directory) => {
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(join(root, directory, "package.json"), "utf8"),
    );
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const path = locate(name, directory);
      // An optional one may be for another system.
      if (path === undefined && name in optionalDependencies) continue;
      if (path === undefined) throw new Error(`${directory || "Skiff"} needs ${name}, which is not installed: npm ci`);
      if (found.has(path)) continue;
      found.add(path);
      visit(path);
    }
  };
  visit("");
  return [...found];
}

/** Where Node.js finds a package that is asked for in a directory: in the nearest node_modules above it. */
function locate(name, from) {
  for (let directory = from; ; directory = dirname(directory)) {
    if (directory === ".") directory = "";
    const path = join(directory, "node_modules", name);
    if (existsSync(join(root, path, "package.json"))) return path;
    if (directory === "") return undefined;
  }
}

/** Copies packages from the checkout to the same paths below `directory`. */
export function copyPackages(paths, directory) {
  for (const path of paths) {
    // One inside another comes with it.
    if (!existsSync(join(directory, path))) cpSync(join(root, path), join(directory, path), { recursive: true });
  }
}

if (process.argv[1] && import.meta.url === `file://${realpathSync(process.argv[1])}`) {
  const [directory] = process.argv.slice(2);
  if (!directory) throw new Error("Where to? node scripts/production-packages.mjs DIRECTORY");
  copyPackages(productionPackages(), directory);
}
