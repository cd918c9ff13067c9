/**
 * YAML as Kubernetes reads it: 1.1 for booleans (`yes`, `no`, `on`, `off`, `y`, `n`), octal numbers and merge keys, but
 * `22:22` and dates stay text, as they do in the API's own decoder (sigs.k8s.io/yaml).
 */
import type { ParseOptions, SchemaOptions, Tags, ToJSOptions } from "yaml";

const foreignTags = /timestamp$|:set$|:omap$|:pairs$|:binary$/;

/** For every place that reads manifests: `parseDocument(text, manifestYaml)`. */
export const manifestYaml = {
  version: "1.1",
  prettyErrors: false,
  // Which of two equal keys counts is said by the caller, with a warning or an error.
  uniqueKeys: false,
  customTags: (tags: Tags): Tags =>
    tags.filter((tag) => typeof tag === "string" || (tag.format !== "TIME" && !foreignTags.test(tag.tag))),
} as const satisfies ParseOptions & SchemaOptions & { version: "1.1" };

const toJson: ToJSOptions = { maxAliasCount: 100 };

export interface ParsedYaml {
  value: unknown;
  /** Dotted paths of keys written twice in one mapping. */
  duplicates: string[];
}

/**
 * The one document in `text`. Its parser is loaded on first use: most requests are JSON.
 * @throws YamlError
 */
export async function parseYaml(text: string): Promise<ParsedYaml> {
  const { isScalar, LineCounter, parseAllDocuments } = await import("yaml");
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { ...manifestYaml, lineCounter: lines });
  const [document, ...more] = Array.isArray(documents) ? documents : [];
  if (!document) return { value: undefined, duplicates: [] };
  const [error] = document.errors;
  if (error) throw new YamlError(`yaml: line ${lines.linePos(error.pos[0]).line}: ${error.message}`);
  const next = more.find(({ contents }) => contents !== null && !(isScalar(contents) && contents.value === null));
  if (next) {
    const { line } = lines.linePos(next.range[0]);
    throw new YamlError(`yaml: line ${line}: a second document begins; send one object per request`);
  }
  try {
    return { value: document.toJS(toJson), duplicates: await duplicateKeys(document.contents) };
  } catch (error) {
    throw new YamlError(`yaml: ${(error as Error).message}`);
  }
}

export class YamlError extends Error {}

async function duplicateKeys(root: unknown): Promise<string[]> {
  const { isMap, isScalar, isSeq } = await import("yaml");
  const found: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) walk(item, `${path}[${index}]`);
      return;
    }
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const at = path ? `${path}.${name}` : name;
      if (seen.has(name) && name !== "<<") found.push(at);
      seen.add(name);
      walk(value, at);
    }
  };
  walk(root, "");
  return found;
}
