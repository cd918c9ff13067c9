/** What the conversion of a file is given, and what its parts share. */
import { posix } from "node:path";
import type { Variables } from "./document.ts";
import type { Findings, Located } from "./problem.ts";

export interface ComposeOptions {
  /** Name of the file, for messages. */
  file: string;
  /** Absolute path of the project's directory; absent when the sender has told none (plain curl). */
  directory?: string;
  /** The sender's environment, with what `.env` adds; absent when the sender has told none. */
  environment?: Readonly<Record<string, string>>;
  /** Contents of the files that `env_file` names, by the path written there. */
  envFiles?: Readonly<Record<string, string>>;
  /** Absolute path of the host directory under which named volumes live. */
  volumesDirectory: string;
  /** Namespace for the objects; that of the request when absent. */
  namespace?: string;
  /** Name of the project, whatever the file says; without either it is named after the directory. */
  project?: string;
}

export interface Context {
  options: ComposeOptions;
  variables: Variables;
  findings: Findings;
  project: string;
  /** Names declared under `volumes`, with the name each has on the host. */
  volumes: ReadonlyMap<string, string>;
}

/** An absolute path for one that may be relative to the project's directory or the user's home; what cannot be resolved is an error. */
export function resolvePath(path: string, at: Located, { options, findings }: Context): string | undefined {
  if (path.startsWith("/")) return posix.normalize(path);
  if (path === "~" || path.startsWith("~/")) {
    const home = options.environment?.["HOME"];
    if (home) return posix.join(home, path.slice(1));
    findings.error(at, `the path ${JSON.stringify(path)} is relative to a home directory that was not sent along`);
    return undefined;
  }
  if (options.directory) return posix.join(options.directory, path);
  findings.error(
    at,
    `the path ${JSON.stringify(path)} is relative, and the project's directory was not sent along: write an absolute path`,
  );
  return undefined;
}
