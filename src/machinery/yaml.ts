/**
 * YAML (and JSON, which is a part of it) as Kubernetes reads it: a stream of documents that become JSON values, each
 * place with its line, so that whoever finds something wrong in a value can say where.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
} from "yaml";
import { isObject, type JsonObject, setOwn } from "./json.ts";
import { plainScalar } from "./yaml-scalar.ts";

/** The text is not YAML, or says what JSON cannot. */
export class YamlError extends Error {
  /** From 1. */
  readonly line: number;

  /** @param what lower case, without the line. */
  constructor(line: number, what: string) {
    super(`yaml: line ${line}: ${what}`);
    this.name = "YamlError";
    this.line = line;
  }
}

export interface DuplicateKey {
  /** `spec.template.spec.containers[0].image` */
  path: string;
  /** Of the second occurrence; its value counts. */
  line: number;
}

export class YamlDocument {
  /** What JSON can say: objects, arrays, strings, finite numbers, booleans, null. Each alias is a copy. */
  readonly value: unknown;
  /** Where its content begins, from 1. */
  readonly line: number;
  readonly duplicateKeys: readonly DuplicateKey[];
  readonly #root: Node;
  readonly #lines: LineCounter;

  constructor(root: Node, document: Document, lines: LineCounter) {
    const converter = new Converter(document, lines);
    this.#root = root;
    this.#lines = lines;
    this.line = lineOf(root, lines);
    this.value = converter.value(root);
    this.duplicateKeys = converter.duplicateKeys;
  }

  /**
   * The line of a field, from 1; that of the nearest field around it when it is not there.
   * @param path as errors name fields: `spec.template.spec.containers[0].image`, `metadata.labels[app.kubernetes.io/name]`;
   *   or as conflicts of server-side apply do: `spec.template.spec.containers[name="web"].image`.
   */
  lineOf(path: string): number {
    let node: Node | null = this.#root;
    let line = this.line;
    let rest = path;
    while (node && rest !== "") {
      const step = childAt(node, rest);
      if (!step) break;
      line = lineOf(step.at, this.#lines);
      ({ node, rest } = step);
    }
    return line;
  }
}

/**
 * Reads every document of the text; empty ones (nothing but comments) are left out.
 * @throws YamlError
 */
export function parseYaml(text: string): YamlDocument[] {
  const lines = new LineCounter();
  // "failsafe" leaves every scalar a string: what plain ones mean is for Kubernetes' rules to say.
  const options = { lineCounter: lines, schema: "failsafe", uniqueKeys: false, prettyErrors: false } as const;
  const documents: readonly Document[] = [...parseAllDocuments(text, options)];
  const result: YamlDocument[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error?.code === "RESOURCE_EXHAUSTION") throw new YamlError(lines.linePos(error.pos[0]).line, tooDeep);
    if (error) throw new YamlError(lines.linePos(error.pos[0]).line, uncapitalized(error.message));
    const root = document.contents;
    if (root && !(isScalar(root) && root.source === "" && !root.tag))
      result.push(new YamlDocument(root, document, lines));
  }
  return result;
}

function uncapitalized(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function lineOf(node: Node, lines: LineCounter): number {
  return node.range ? lines.linePos(node.range[0]).line : 1;
}

/** The child that the path's beginning names, and the rest of the path. */
function childAt(node: Node, path: string): { at: Node; node: Node | null; rest: string } | undefined {
  if (isSeq<Node>(node)) {
    const [step, index, keys] = /^\[(?:(\d+)|([^\]]+=[^\]]*))\]\.?/.exec(path) ?? [];
    if (step === undefined) return undefined;
    const item = keys ? node.items.find((one) => hasKeys(one, keys)) : node.items[Number(index)];
    return item && { at: item, node: item, rest: path.slice(step.length) };
  }
  if (!isMap<Node, Node>(node)) return undefined;
  let best: { at: Node; node: Node | null; rest: string } | undefined;
  for (const pair of node.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : "";
    const rest = afterKey(path, key);
    // Keys may hold dots themselves: the longest that fits is meant.
    if (rest !== undefined && (!best || rest.length < best.rest.length))
      best = { at: pair.key, node: pair.value, rest };
  }
  return best;
}

/** Whether an item of a list is the one with these keys: `containerPort=80,protocol="TCP"`. */
function hasKeys(item: Node, keys: string): boolean {
  if (!isMap<Node, Node>(item)) return false;
  return keys.split(",").every((pair) => {
    const equals = pair.indexOf("=");
    const value = item.get(pair.slice(0, equals));
    // What is not written has a default that is not known here.
    return value === undefined || String(value) === pair.slice(equals + 1).replaceAll('"', "");
  });
}

function afterKey(path: string, key: string): string | undefined {
  if (path.startsWith(`[${key}]`)) return path.slice(key.length + 2).replace(/^\./, "");
  if (key === "" || !path.startsWith(key)) return undefined;
  const rest = path.slice(key.length);
  if (rest === "" || rest.startsWith("[")) return rest;
  return rest.startsWith(".") ? rest.slice(1) : undefined;
}

const deepest = 1000;
const tooDeep = "exceeded max depth";
/** Values that aliases may add: beyond, a small file would become a huge object. */
const mostAliased = 100_000;

class Converter {
  readonly duplicateKeys: DuplicateKey[] = [];
  readonly #document: Document;
  readonly #lines: LineCounter;
  /** Steps from the root to the node at hand: `.name` or `[0]`. */
  readonly #path: string[] = [];
  #aliasDepth = 0;
  #aliased = 0;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  value(node: unknown): unknown {
    if (this.#aliasDepth > 0 && ++this.#aliased > mostAliased) {
      throw new YamlError(1, "document contains excessive aliasing");
    }
    if (isScalar(node)) return this.#scalar(node);
    if (isAlias(node)) return this.#alias(node);
    if (isSeq(node)) return node.items.map((item, index) => this.#child(`[${index}]`, item));
    if (isMap<Node, Node | null>(node)) return this.#map(node.items);
    return null;
  }

  #child(step: string, node: unknown): unknown {
    if (this.#path.push(step) > deepest) throw new YamlError(isNode(node) ? lineOf(node, this.#lines) : 1, tooDeep);
    const value = this.value(node);
    this.#path.pop();
    return value;
  }

  #scalar(node: Node & { value: unknown; type?: string; tag?: string }): unknown {
    const text = String(node.value);
    if (node.tag === "tag:yaml.org,2002:str") return text;
    const quoted = node.type !== "PLAIN" && node.type !== undefined;
    if (quoted && !node.tag?.startsWith("tag:yaml.org,2002:")) return text;
    try {
      return plainScalar(text);
    } catch (error) {
      throw new YamlError(lineOf(node, this.#lines), error instanceof Error ? error.message : String(error));
    }
  }

  #alias(node: Node & { source: string; resolve(document: Document): Node | undefined }): unknown {
    const target = node.resolve(this.#document);
    if (!target) throw new YamlError(lineOf(node, this.#lines), `unknown anchor '${node.source}' referenced`);
    this.#aliasDepth++;
    const value = this.value(target);
    this.#aliasDepth--;
    return value;
  }

  #map(pairs: readonly Pair<Node, Node | null>[]): JsonObject {
    const result: JsonObject = {};
    const merged: JsonObject[] = [];
    for (const { key: keyNode, value: valueNode } of pairs) {
      if (isScalar(keyNode) && keyNode.type === "PLAIN" && keyNode.value === "<<") {
        merged.push(...this.#mergeSources(keyNode, valueNode));
        continue;
      }
      const key = this.#key(keyNode);
      if (Object.hasOwn(result, key)) {
        const path = [...this.#path, `.${key}`].join("").replace(/^\./, "");
        this.duplicateKeys.push({ path, line: lineOf(keyNode, this.#lines) });
      }
      setOwn(result, key, this.#child(`.${key}`, valueNode));
    }
    for (const source of merged) {
      for (const [key, value] of Object.entries(source)) if (!Object.hasOwn(result, key)) setOwn(result, key, value);
    }
    return result;
  }

  /** JSON's keys are strings; `80`, `on` and the like become the text of their value. */
  #key(node: Node): string {
    const value = this.value(node);
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    throw new YamlError(lineOf(node, this.#lines), "a key must be a string, a number or a boolean");
  }

  /** https://yaml.org/type/merge.html */
  #mergeSources(key: Node, node: Node | null): JsonObject[] {
    const value = this.value(node);
    const sources: unknown[] = Array.isArray(value) ? value : [value];
    if (sources.every(isObject)) return sources;
    throw new YamlError(lineOf(key, this.#lines), "map merge requires map or sequence of maps as the value");
  }
}

function isNode(value: unknown): value is Node {
  return isObject(value) && "range" in value;
}
