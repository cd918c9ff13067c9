/** What is in the files, applied: all of it or nothing, with an answer for every object. */
import type { ApplyFile, ApplyItem, ApplyNote, ApplyResult } from "../../machinery/apply-result.ts";
import { groupResource } from "../../machinery/resource.ts";
import type { SchemaSource } from "../../machinery/schema/schema.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Api, Applied, RequestContext } from "../api.ts";
import { type Candidate, candidate } from "./configuration.ts";
import { type ProjectContext, type ReadFiles, readFiles } from "./read-files.ts";

export interface ApplyOptions {
  /** For objects that name none. */
  namespace: string;
  context: Omit<RequestContext, "warn">;
  project: ProjectContext;
  /** The sender can give the contents of files that `env_file` names, and has not yet. */
  mayAskForFiles: boolean;
}

/**
 * @returns items in the order of the files, those for documents that are no objects first.
 * @throws StatusError BadRequest when there is nothing in the files.
 */
export async function applyFiles(
  { api, schemas }: { api: Api; schemas: SchemaSource },
  files: readonly ApplyFile[],
  options: ApplyOptions,
): Promise<ApplyResult> {
  const read = readFiles(files, options.project);
  if (options.mayAskForFiles && read.wantedFiles.length > 0) {
    return { ...answer([], read), wantedFiles: [...new Set(read.wantedFiles)] };
  }
  const candidates = withoutRepeated(read.objects.map((object) => candidate(api, schemas, object, options.namespace)));
  const isEmpty = candidates.length === 0 && read.invalid.length === 0 && read.projects.length === 0;
  if (isEmpty) throw StatusError.badRequest("no objects passed to apply");
  const good = candidates.flatMap((one) => (one.configuration ? [{ ...one, configuration: one.configuration }] : []));
  const allGood = read.invalid.length === 0 && good.length === candidates.length;
  const applied = await api.applyTogether(
    good.map(({ configuration }) => configuration),
    // What is wrong elsewhere keeps everything from being written, but these are tried, to tell all that is wrong at once.
    allGood ? options.context : { ...options.context, dryRun: true },
  );
  const outcomes = new Map(good.map(({ object }, index) => [object, applied[index]]));
  const refused = !allGood || applied.some(({ error }) => error);
  const items = candidates.flatMap((one) => itemsOf(one, outcomes.get(one.object), refused));
  const result = answer([...read.invalid, ...items], read);
  for (const one of candidates) result.warnings.push(...warningsOf(one, outcomes.get(one.object)));
  return result;
}

function answer(items: ApplyItem[], { notConverted, warnings, projects }: ReadFiles): ApplyResult {
  return { kind: "ApplyResult", items, notConverted, warnings: [...warnings], projects };
}

/** The same object twice is a mistake: the second would take away what the first alone says. */
function withoutRepeated(candidates: readonly Candidate[]): Candidate[] {
  const first = new Map<string, Candidate>();
  return candidates.map((one) => {
    if (!one.configuration) return one;
    const { kind, key } = one.configuration;
    const id = JSON.stringify([groupResource(kind.definition.resource), key.namespace, key.name]);
    const other = first.get(id);
    if (!other) {
      first.set(id, one);
      return one;
    }
    const { configuration: _refused, ...rest } = one;
    const message = `the same object is described before, at ${other.object.file}:${other.object.lineOf("")}`;
    return { ...rest, wrong: [{ field: "", message }] };
  });
}

function itemsOf({ object, item, wrong }: Candidate, applied: Applied | undefined, refused: boolean): ApplyItem[] {
  const { file } = object;
  if (wrong.length > 0) {
    return wrong.map(({ field, message, line = object.lineOf(field) }) => ({
      ...item,
      result: "invalid",
      message,
      file,
      line,
    }));
  }
  if (applied?.error) {
    const { message, details } = applied.error;
    // Conflicts name fields with a dot before them, as field sets do.
    const field = details?.causes?.[0]?.field?.replace(/^\./, "") ?? "";
    return [{ ...item, result: "invalid", message, file, line: object.lineOf(field) }];
  }
  const result = refused ? "skipped" : (applied?.result ?? "skipped");
  return [{ ...item, result, file, line: object.lineOf("") }];
}

/** Texts of Warning headers, with the place of the field that they begin with. */
function warningsOf({ object }: Candidate, applied: Applied | undefined): ApplyNote[] {
  return (applied?.warnings ?? []).map((text) => {
    const [, path = "", message = text] = /^([\w.[\]-]+): (.*)$/s.exec(text) ?? [];
    return { file: object.file, line: object.lineOf(path), path, message };
  });
}
