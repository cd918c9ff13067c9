/**
 * The schemas of the API's own types, read from the files that `npm run generate` makes, each group and version on
 * first use. (Reading files is I/O, but of the program's own constants: they are part of the code.)
 */
import { existsSync, readFileSync } from "node:fs";
import type { Schema, SchemaSource } from "./schema.ts";

/** Beside the bundle, or in the sources. */
const directory = [new URL("./generated/", import.meta.url), new URL("../../generated/", import.meta.url)].find((url) =>
  existsSync(new URL("schemas/meta.v1.json", url)),
);

function read<T>(kind: "schemas" | "descriptions", groupVersion: string): Readonly<Record<string, T>> {
  if (!directory) throw new Error("The generated schemas are missing. Run: npm run generate");
  const file = new URL(`${kind}/${groupVersion}.json`, directory);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, T>) : {};
}

/** Remembers what `load` returned for each group and version; looks a definition up by its full name. */
function byName<T>(load: (groupVersion: string) => Readonly<Record<string, T>>): (name: string) => T | undefined {
  const loaded = new Map<string, Readonly<Record<string, T>>>();
  return (name) => {
    const groupVersion = name.slice(0, Math.max(0, name.lastIndexOf(".")));
    // Names may come from outside and become part of a path.
    if (!/^[a-z]+\.v\d+(beta\d+)?$/.test(groupVersion)) return undefined;
    let definitions = loaded.get(groupVersion);
    if (!definitions) loaded.set(groupVersion, (definitions = load(groupVersion)));
    return Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  };
}

/** Definitions such as `apps.v1.Deployment`, without descriptions. */
export const builtinSchemas: SchemaSource = byName((groupVersion) => read<Schema>("schemas", groupVersion));

const descriptions = byName((groupVersion) => read<Readonly<Record<string, string>>>("descriptions", groupVersion));

/** A definition with the descriptions of itself and its fields, for OpenAPI and `kubectl explain`. */
export function describedSchema(name: string): Schema | undefined {
  const schema = builtinSchemas(name);
  if (!schema) return undefined;
  const texts = descriptions(name) ?? {};
  const properties = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([field, property]) => [
      field,
      Object.hasOwn(texts, field) ? { ...property, description: texts[field] ?? "" } : property,
    ]),
  );
  return { ...schema, ...(texts[""] && { description: texts[""] }), properties };
}
