/** The files of a `POST /apply` as objects with their places: Kubernetes' documents as they are, Compose files converted. */
import { convertCompose, isComposeFile } from "../../compose/convert.ts";
import { ComposeError, type Problem } from "../../compose/problem.ts";
import type { ApplyFile, ApplyItem, ApplyNote, ApplyResult } from "../../machinery/apply-result.ts";
import { isObject } from "../../machinery/json.ts";
import { parseYaml, type YamlDocument, YamlError } from "../../machinery/yaml.ts";

/** An object as it was written, not yet looked at. */
export interface WrittenObject {
  value: unknown;
  file: string;
  /** The line of one of its fields, or of what it was made from. @param path `spec.ports[0].port`; empty for the object. */
  lineOf(path: string): number;
  /** Keys written twice. */
  duplicates: readonly { path: string; line: number }[];
  /** The Compose project that it is made for, with its labels; absent for what was written as it is. */
  project?: { labels: Readonly<Record<string, string>> };
}

export interface ReadFiles extends Pick<ApplyResult, "notConverted" | "warnings" | "projects"> {
  objects: WrittenObject[];
  /** Documents that are none, with what is wrong. */
  invalid: ApplyItem[];
  wantedFiles: string[];
}

/** What the Compose files among them refer to. */
export interface ProjectContext {
  directory?: string;
  environment?: Readonly<Record<string, string>>;
  envFiles?: Readonly<Record<string, string>>;
  project?: string;
  volumesDirectory: string;
  /** Anything but a Compose file is refused. */
  composeOnly?: boolean;
}

export function readFiles(files: readonly ApplyFile[], context: ProjectContext): ReadFiles {
  const read: ReadFiles = { objects: [], invalid: [], notConverted: [], warnings: [], projects: [], wantedFiles: [] };
  for (const file of files) readFile(file, context, read);
  return read;
}

function readFile({ name: file, text }: ApplyFile, context: ProjectContext, read: ReadFiles): void {
  let documents: YamlDocument[];
  try {
    documents = parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    read.invalid.push(invalidDocument(file, error.line, error.message.replace(/^yaml: line \d+: /, "") + hint(text)));
    return;
  }
  const compose = documents.find(({ value }) => isComposeFile(value));
  if (compose && documents.length > 1) {
    const why = "this document is a Compose file, which must be in a file of its own";
    read.invalid.push(invalidDocument(file, compose.line, why));
  } else if (compose) readCompose(text, file, context, read);
  else if (context.composeOnly) {
    const why =
      "this is no Compose file: it has no services, or an apiVersion and a kind as Kubernetes' own files have";
    read.invalid.push(invalidDocument(file, documents[0]?.line ?? 1, why));
  } else for (const document of documents) readDocument(document, file, read);
}

/** curl's `-d @FILE` takes the line breaks out of what it sends. */
function hint(text: string): string {
  return /\n./.test(text)
    ? ""
    : " (the whole text is one line; curl keeps a file's lines only with --data-binary @FILE)";
}

function readDocument(document: YamlDocument, file: string, read: ReadFiles): void {
  const { value, line, duplicateKeys } = document;
  if (value === null) return;
  if (!isObject(value)) {
    const found = Array.isArray(value) ? "a list" : "a single value";
    read.invalid.push(invalidDocument(file, line, `expected an object with apiVersion and kind, found ${found}`));
    return;
  }
  const { kind, items } = value;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) {
    read.objects.push({ value, file, lineOf: (path) => document.lineOf(path), duplicates: duplicateKeys });
    return;
  }
  for (const [index, item] of items.entries()) {
    const prefix = `items[${index}]`;
    read.objects.push({
      value: item,
      file,
      lineOf: (path) => document.lineOf(path ? `${prefix}.${path}` : prefix),
      duplicates: duplicateKeys
        .filter(({ path }) => path.startsWith(`${prefix}.`))
        .map(({ path, line: at }) => ({ path: path.slice(prefix.length + 1), line: at })),
    });
  }
}

function readCompose(text: string, file: string, context: ProjectContext, read: ReadFiles): void {
  try {
    const conversion = convertCompose(text, { ...context, file });
    const { project, labels, objects } = conversion;
    for (const { object, source } of objects) {
      read.objects.push({ value: object, file, lineOf: () => source.line, duplicates: [], project: { labels } });
    }
    const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    read.projects.push({ name: project, labelSelector: pairs.join(",") });
    read.notConverted.push(...inOrder(conversion.notConverted).map(note));
    read.warnings.push(...inOrder(conversion.warnings).map(note));
    read.wantedFiles.push(...conversion.wantedFiles);
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error;
    for (const { line, path, message } of inOrder(error.problems)) {
      read.invalid.push(invalidDocument(file, line, path ? `${path}: ${message}` : message));
    }
    read.wantedFiles.push(...error.wantedFiles);
  }
}

/** As they stand in the file, whatever order it was read in. */
function inOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

function note({ file, line, path, message }: Problem): ApplyNote {
  return { file, line, path, message };
}

function invalidDocument(file: string, line: number, message: string): ApplyItem {
  return { result: "invalid", message, file, line };
}
