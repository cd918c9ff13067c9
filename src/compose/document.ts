/** The Compose file as a tree that knows where each value stands, with aliases and merges resolved and variables filled in. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { InterpolationError, interpolate, type Lookup } from "./interpolate.ts";
import { type Findings, type Located, type Place } from "./problem.ts";

export interface ScalarValue extends Located {
  type: "scalar";
  /** As written, so that `1.20` stays `1.20`; null for nothing. */
  text: string | null;
}

export interface ListValue extends Located {
  type: "list";
  items: Value[];
}

export interface MappingValue extends Located {
  type: "mapping";
  /** Entries stand where their key does. */
  entries: Map<string, Entry>;
}

/** Undefined only for a value that was in error, which has been reported. */
export type Value = ScalarValue | ListValue | MappingValue;

export interface Entry extends Located {
  value: Value;
}

export interface Variables {
  lookup: Lookup;
  /** False when the sender's environment is not known: an unset variable is then an error. */
  known: boolean;
}

/** Aliases let a small file stand for a huge or endless one; a real one has some hundreds of values. */
const maxValues = 50_000;
const maxDepth = 50;

interface Reading {
  values: number;
  depth: number;
  document: Document;
  place(node: unknown): Place;
  variables: Variables;
  findings: Findings;
}

/** @returns the root, or undefined when the text is no YAML or no mapping, which is reported. */
export function readDocument(
  text: string,
  file: string,
  variables: Variables,
  findings: Findings,
): MappingValue | undefined {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const at = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  for (const error of document.errors) {
    findings.error({ place: at(error.pos[0]), path: "" }, error.message.split(" at line ")[0] ?? error.message);
  }
  if (document.errors.length > 0) return undefined;
  const place = (node: unknown): Place => at((node as Node | null | undefined)?.range?.[0] ?? 0);
  if (!isMap(document.contents)) {
    findings.error({ place: at(0), path: "" }, "a Compose file is a mapping with the key services");
    return undefined;
  }
  return readMapping(document.contents, "", { values: 0, depth: 0, document, place, variables, findings });
}

function readValue(node: unknown, path: string, reading: Reading, at: Place): Value {
  if (++reading.values > maxValues || reading.depth >= maxDepth) {
    if (reading.values <= maxValues)
      reading.findings.error({ place: at, path: path.slice(0, 200) }, "is nested too deeply");
    else if (reading.values === maxValues + 1) reading.findings.error({ place: at, path: "" }, "the file is too large");
    return { type: "scalar", text: null, path, place: at };
  }
  reading.depth++;
  const value = readNested(node, path, reading, at);
  reading.depth--;
  return value;
}

function readNested(node: unknown, path: string, reading: Reading, at: Place): Value {
  const target = isAlias(node) ? node.resolve(reading.document) : node;
  if (isMap(target)) return readMapping(target, path, reading);
  if (isSeq(target)) {
    const items = target.items.map((item, index) =>
      readValue(item, `${path}[${index}]`, reading, reading.place(item ?? target)),
    );
    return { type: "list", items, path, place: reading.place(target) };
  }
  const place = isScalar(target) ? reading.place(isAlias(node) ? node : target) : at;
  return { type: "scalar", text: scalarText(target, { place, path }, reading), path, place };
}

function scalarText(node: unknown, at: Located, reading: Reading): string | null {
  if (!isScalar(node) || node.value === null || node.value === undefined) return null;
  // `source` is what was written: `1.20`, `0x1F`, `yes`.
  const written = typeof node.value === "string" ? node.value : (node.source ?? JSON.stringify(node.value));
  const { lookup, known } = reading.variables;
  try {
    return interpolate(written, lookup, (name) => {
      if (known) reading.findings.warn(at, `the variable ${name} is not set and defaults to a blank string`);
      else reading.findings.error(at, `the variable ${name} is not set: no environment was sent along`);
      return "";
    });
  } catch (error) {
    if (!(error instanceof InterpolationError)) throw error;
    reading.findings.error(at, error.message);
    return "";
  }
}

function readMapping(map: YAMLMap, path: string, reading: Reading): MappingValue {
  const entries = new Map<string, Entry>();
  const merges: Pair[] = [];
  for (const pair of map.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    if (key === "<<") {
      merges.push(pair);
      continue;
    }
    const entryPath = path ? `${path}.${key}` : key;
    const place = reading.place(pair.key);
    entries.set(key, { path: entryPath, place, value: readValue(pair.value, entryPath, reading, place) });
  }
  // What is written here counts over what is merged in, and an earlier merge over a later one.
  for (const source of merges.flatMap((pair) => mergeSources(pair.value, reading))) {
    for (const [key, entry] of readMapping(source, path, reading).entries) {
      if (!entries.has(key)) entries.set(key, entry);
    }
  }
  return { type: "mapping", entries, path, place: reading.place(map) };
}

function mergeSources(node: unknown, reading: Reading): YAMLMap[] {
  if (++reading.values > maxValues) return [];
  const target = isAlias(node) ? node.resolve(reading.document) : node;
  if (isMap(target)) return [target];
  return isSeq(target) ? target.items.flatMap((item) => mergeSources(item, reading)) : [];
}
