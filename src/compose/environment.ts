/** `environment` and `env_file` of a service. */
import type { Container } from "../machinery/types.ts";
import type { Context } from "./context.ts";
import type { Entry, Value } from "./document.ts";
import { parseEnvFile } from "./env-file.ts";
import { isNull, Mapping, textOf } from "./mapping.ts";
import { escapeExpansion } from "./names.ts";
import type { Located } from "./problem.ts";

type EnvVar = NonNullable<Container["env"]>[number];

/** Variables in order; those of `environment` count over those of the files, later files over earlier ones. */
export function convertEnvironment(service: Mapping, context: Context): EnvVar[] {
  const variables = new Map<string, string>();
  for (const file of envFiles(service, context)) {
    for (const [name, value] of readFile(file, context)) variables.set(name, value);
  }
  const entry = service.take("environment");
  if (entry) addEntries(entry, variables, context);
  return [...variables].map(([name, value]) => ({ name, value: escapeExpansion(value) }));
}

function addEntries({ value, ...at }: Entry, variables: Map<string, string>, context: Context): void {
  if (value.type === "mapping") {
    for (const [name, entry] of value.entries) {
      if (isNull(entry.value)) inherit(name, entry, variables, context);
      else variables.set(name, textOf(entry.value, context.findings) ?? "");
    }
  } else if (value.type === "list") {
    for (const item of value.items) addItem(item, variables, context);
  } else {
    context.findings.error(at, "must be a mapping or a list");
  }
}

function addItem(item: Value, variables: Map<string, string>, context: Context): void {
  const text = textOf(item, context.findings);
  if (!text) return;
  const equals = text.indexOf("=");
  if (equals < 0) inherit(text, item, variables, context);
  else variables.set(text.slice(0, equals), text.slice(equals + 1));
}

/** A name without a value takes the sender's, and is left out where that is not set. */
function inherit(
  name: string,
  at: Located,
  variables: Map<string, string>,
  { variables: known, findings }: Context,
): void {
  const value = known.lookup(name);
  if (value !== undefined) variables.set(name, value);
  else variables.delete(name);
  if (!known.known) findings.error(at, `the variable ${name} is not set: no environment was sent along`);
}

interface EnvFile {
  at: Located;
  path: string;
  required: boolean;
}

function envFiles(service: Mapping, { findings }: Context): EnvFile[] {
  const entry = service.take("env_file");
  if (!entry) return [];
  const items = entry.value.type === "list" ? entry.value.items : [entry.value];
  return items.flatMap((item): EnvFile[] => {
    if (item.type !== "mapping") {
      const path = textOf(item, findings);
      return path ? [{ at: item, path, required: true }] : [];
    }
    const file = new Mapping(item, findings);
    const [path, required] = [file.text("path"), file.boolean("required") ?? true];
    file.reportRest();
    if (!path) findings.error(item, "path is required");
    return path ? [{ at: item, path, required }] : [];
  });
}

function readFile({ at, path, required }: EnvFile, { options, variables, findings }: Context): Map<string, string> {
  const text = options.envFiles?.[path];
  if (text === undefined) {
    findings.wantedFiles.add(path);
    if (required) findings.error(at, `the contents of ${path} were not sent along, or there is no such file`);
    return new Map();
  }
  try {
    return parseEnvFile(text, variables.lookup);
  } catch (error) {
    findings.error(at, `${path}: ${error instanceof Error ? error.message : String(error)}`);
    return new Map();
  }
}
