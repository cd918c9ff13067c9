/** The answer to `POST /apply` as lines for people, objects as kubectl prints them. */
import type { ApplyItem, ApplyNote, ApplyResult } from "../machinery/apply-result.ts";

export interface PrintedResult {
  /** For standard output: what was done. */
  done: string[];
  /** For standard error: what is wrong, and what to know. */
  told: string[];
}

export function printResult({ items, notConverted, warnings }: ApplyResult, dryRun: boolean): PrintedResult {
  const invalid = items.filter((item) => item.result === "invalid");
  const told = [...notConverted.map(printNote), ...warnings.map((note) => `Warning: ${printNote(note)}`)];
  if (invalid.length > 0) {
    told.push(...invalid.map(({ file, line, message = "is invalid" }) => `${file}:${line}: ${message}`));
    if (invalid.some(({ message }) => message?.startsWith("Apply failed with "))) {
      told.push("To take these fields over from their managers: --force-conflicts");
    }
    told.push("Nothing was applied.");
    return { done: [], told };
  }
  const suffix = dryRun ? " (server dry run)" : "";
  return { done: items.map((item) => `${printName(item)} ${item.result}${suffix}`), told };
}

/** `deployment.apps/web` */
export function printName({ apiVersion = "", kind = "", name = "" }: Pick<ApplyItem, "apiVersion" | "kind" | "name">) {
  const group = apiVersion.includes("/") ? `.${apiVersion.slice(0, apiVersion.indexOf("/"))}` : "";
  return `${kind.toLowerCase()}${group}/${name}`;
}

function printNote({ file, line, path, message }: ApplyNote): string {
  const separator = path === "" ? "" : message.startsWith("is ") ? " " : ": ";
  return `${file}:${line}: ${path}${separator}${message}`;
}

/** @returns the exit code. */
export function show(result: ApplyResult, dryRun = false): number {
  const { done, told } = printResult(result, dryRun);
  for (const line of told) console.error(line);
  for (const line of done) console.log(line);
  return result.items.some((item) => item.result === "invalid") ? 1 : 0;
}
