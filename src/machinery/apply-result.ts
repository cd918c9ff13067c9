/** What `POST /apply` takes from the command line and answers to everybody (docs/compose.md, docs/apply.md). */

/** Content type of {@link ApplyRequest}; anything else sent to `POST /apply` is YAML. */
export const applyRequestType = "application/vnd.skiff.apply+json";

/** What `skiff apply` and `skiff compose` send: files, and what their relative paths and variables refer to. */
export interface ApplyRequest {
  /** Applied in this order. */
  files: ApplyFile[];
  /** Absolute path that relative paths in Compose files start from. */
  directory?: string;
  /** Variables for Compose files. */
  environment?: Record<string, string>;
  /** Content of the project's `.env`: variables that `environment` does not have. */
  dotEnv?: string;
  /** Contents of the files that `env_file` names, by the path written there; those that are not there are left out. */
  envFiles?: Record<string, string>;
  /** Name of the Compose project, whatever the file says. */
  project?: string;
  /** Anything but a Compose file is refused. */
  composeOnly?: boolean;
}

export interface ApplyFile {
  /** As messages name it: `web/compose.yaml`; `-` for standard input. */
  name: string;
  text: string;
}

/**
 * - `created`, `configured`, `unchanged`: applied (or, in a dry run, what would become of it)
 * - `invalid`: refused; `message` says why
 * - `skipped`: in order, but not applied because something else was refused
 */
export type ApplyOutcome = "created" | "configured" | "unchanged" | "invalid" | "skipped";

/** What became of one object, or of one document that is none. */
export interface ApplyItem {
  /** Absent where the document does not say, or cannot be read. */
  apiVersion?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  result: ApplyOutcome;
  message?: string;
  file: string;
  /** Of the field that is wrong, or where the object begins; from 1. */
  line: number;
}

/** Something to know about a place in a file. */
export interface ApplyNote {
  file: string;
  /** From 1. */
  line: number;
  /** `services.web.networks`; empty where it is about the whole. */
  path: string;
  message: string;
}

/** Code 200 when everything was applied; 422 when something is wrong or missing, and then nothing was. */
export interface ApplyResult {
  kind: "ApplyResult";
  items: ApplyItem[];
  /** Keys of Compose files that have no counterpart, or none yet. */
  notConverted: ApplyNote[];
  warnings: ApplyNote[];
  /** The Compose projects among the files. */
  projects: ComposeProject[];
  /** Files named by `env_file` whose contents are needed: nothing was done, ask again with `envFiles`. */
  wantedFiles?: string[];
}

export interface ComposeProject {
  name: string;
  /** Of everything that was ever made from the project's file. */
  labelSelector: string;
}
