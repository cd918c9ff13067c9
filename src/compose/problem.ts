/** What is wrong in a Compose file, or not converted, and where. */
import { StatusError } from "../machinery/status-error.ts";

export interface Place {
  /** As the user named it. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
}

export interface Problem extends Place {
  /** Where in the document: `services.web.ports[0]`. */
  path: string;
  message: string;
}

/** `compose.yaml:4:12: services.web.ports[0]: …`, a form that editors make links of. */
export function printProblem({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}: ${path ? `${path}: ` : ""}${message}`;
}

/** The file cannot be converted; tells everything that is wrong, not only the first. */
export class ComposeError extends StatusError {
  readonly problems: readonly Problem[];
  /** Files that `env_file` names and whose contents were not given. */
  readonly wantedFiles: readonly string[];

  constructor(problems: readonly Problem[], wantedFiles: readonly string[] = []) {
    const printed = problems.map(printProblem);
    const list = printed.length === 1 ? printed[0] : `[${printed.join(", ")}]`;
    super(422, "Invalid", `the Compose file is invalid: ${list}`, {
      kind: "Compose",
      causes: problems.map((problem) => ({
        reason: "FieldValueInvalid",
        field: problem.path,
        message: printProblem(problem),
      })),
    });
    this.name = "ComposeError";
    this.problems = problems;
    this.wantedFiles = wantedFiles;
  }
}

/** Collects while a file is converted: errors prevent it, notes and keys without a counterpart are told along. */
export class Findings {
  readonly errors: Problem[] = [];
  readonly notConverted: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly wantedFiles = new Set<string>();

  error(at: Located, message: string): void {
    this.errors.push({ ...at.place, path: at.path, message });
  }

  skipped(at: Located, message: string): void {
    this.notConverted.push({ ...at.place, path: at.path, message });
  }

  warn(at: Located, message: string): void {
    this.warnings.push({ ...at.place, path: at.path, message });
  }
}

/** Anything that knows where it stands in the file. */
export interface Located {
  place: Place;
  path: string;
}
