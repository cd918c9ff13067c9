/** The one YAML document that a request may hold. */
import type { YamlDocument } from "../../machinery/yaml.ts";

export interface ParsedYaml {
  value: unknown;
  /** Dotted paths of keys written twice in one mapping. */
  duplicates: string[];
}

/** The text is not one YAML document. The message names the line. */
export class YamlBodyError extends Error {}

/** @throws YamlBodyError */
export async function parseYamlBody(text: string): Promise<ParsedYaml> {
  // Loaded on first use: most requests are JSON.
  const { parseYaml, YamlError } = await import("../../machinery/yaml.ts");
  let documents: YamlDocument[];
  try {
    documents = parseYaml(text);
  } catch (error) {
    throw error instanceof YamlError ? new YamlBodyError(error.message) : error;
  }
  // A document of nothing but `null` says nothing, as one of nothing but comments.
  const [document, ...more] = documents.filter(({ value }) => value !== null);
  if (!document) return { value: documents[0]?.value, duplicates: [] };
  const [next] = more;
  if (next) throw new YamlBodyError(`yaml: line ${next.line}: a second document begins; send one object per request`);
  return { value: document.value, duplicates: document.duplicateKeys.map(({ path }) => path) };
}
