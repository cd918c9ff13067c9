/**
 * Writes the schemas of the API's types, a file per group and version, and their descriptions apart (only OpenAPI needs
 * those):
 *   src/generated/schemas/apps.v1.json        { "apps.v1.Deployment": Schema, … }
 *   src/generated/descriptions/apps.v1.json   { "apps.v1.Deployment": { "": "…", "spec": "…" }, … }
 * Does nothing when they are newer than what they are made from. With `--if-possible` (npm's `prepare`, which runs in
 * installations without development packages too) nor when there is nothing to make them from.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const output = join(root, "src/generated");
const stamp = join(output, "schemas.stamp");
const declarations = join(root, "node_modules/kubernetes-types");
const additions = join(root, "scripts/schema/additions");

const groups = new Set(
  (
    "admissionregistration apiextensions apiregistration apps authentication authorization autoscaling batch " +
    "certificates coordination core discovery events extensions meta networking node policy rbac scheduling storage"
  ).split(" "),
);

const stableVersions = /^\w+[\\/]v\d+\.d\.ts$/;
/** Of the versions that were never stable only those that are added are served. */
const everyVersion = /^\w+[\\/]v\d+(beta\d+)?\.d\.ts$/;

/** Declaration files: `[path, "core/v1"]`. */
function declarationFiles(directory) {
  const versions = directory === additions ? everyVersion : stableVersions;
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => versions.test(path) && groups.has(path.split(sep)[0]))
    .sort()
    .map((path) => [join(directory, path), path.slice(0, -".d.ts".length).replaceAll(sep, "/")]);
}

function inputs() {
  const scripts = readdirSync(join(root, "scripts/schema"))
    .filter((name) => name.endsWith(".mjs"))
    .map((name) => join(root, "scripts/schema", name));
  return [
    fileURLToPath(import.meta.url),
    join(declarations, "package.json"),
    ...scripts,
    ...declarationFiles(additions).map(([path]) => path),
  ];
}

function packageVersion() {
  return JSON.parse(readFileSync(join(declarations, "package.json"), "utf8")).version;
}

/** Whoever reads at this moment sees the whole old file or the whole new one. */
function replaceFile(path, content) {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

function upToDate() {
  if (!existsSync(stamp)) return false;
  const made = statSync(stamp).mtimeMs;
  return readFileSync(stamp, "utf8") === packageVersion() && inputs().every((path) => statSync(path).mtimeMs <= made);
}

const possible = existsSync(join(declarations, "package.json"));
if (!possible && process.argv.includes("--if-possible")) process.exit(0);

if (!upToDate()) {
  const { readDeclarations } = await import("./schema/declarations.mjs");
  const { addFacts } = await import("./schema/add-facts.mjs");
  const definitions = {};
  for (const [path, module] of [...declarationFiles(declarations), ...declarationFiles(additions)]) {
    readDeclarations(path, module, definitions);
  }
  addFacts(definitions);

  const files = new Map();
  for (const name of Object.keys(definitions).sort()) {
    const group = name.slice(0, name.lastIndexOf("."));
    const file = files.get(group) ?? { schemas: {}, descriptions: {} };
    files.set(group, file);
    const { description, ...schema } = definitions[name];
    file.schemas[name] = schema;
    file.descriptions[name] = { "": description ?? "" };
    for (const [field, { description: text, ...rest }] of Object.entries(schema.properties)) {
      schema.properties[field] = rest;
      if (text) file.descriptions[name][field] = text;
    }
  }
  for (const kind of ["schemas", "descriptions"]) {
    mkdirSync(join(output, kind), { recursive: true });
    for (const [group, file] of files) replaceFile(join(output, kind, `${group}.json`), JSON.stringify(file[kind]));
  }
  replaceFile(stamp, packageVersion());
  console.log(`${Object.keys(definitions).length} schemas written to ${relative(process.cwd(), output)}`);
}
