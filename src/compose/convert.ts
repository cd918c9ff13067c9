/**
 * A Compose file as Kubernetes objects: https://docs.docker.com/reference/compose-file/
 * What has a counterpart is converted, everything else is named: nothing is dropped in silence.
 */
import { posix } from "node:path";
import type { KubeObject } from "../machinery/object.ts";
import type { ComposeOptions, Context } from "./context.ts";
import { type Entry, readDocument, type Variables } from "./document.ts";
import { isNull, Mapping } from "./mapping.ts";
import { labelFrom, projectLabels } from "./names.ts";
import { ComposeError, Findings, type Place, type Problem } from "./problem.ts";
import { convertService } from "./service.ts";

export interface ConvertedObject {
  object: KubeObject;
  /** Where the service stands that it was made from. */
  source: Place;
}

export interface Conversion {
  /** Name of the project, as in the label `app.kubernetes.io/part-of`. */
  project: string;
  /** In the order of the file; a service's Service comes before its Deployment. */
  objects: ConvertedObject[];
  /** Of everything that is made of the project. */
  labels: Record<string, string>;
  /** Files that `env_file` names and whose contents were not given. */
  wantedFiles: string[];
  /** Keys that have no counterpart or are not converted yet. */
  notConverted: Problem[];
  /** Conversions that may surprise. */
  warnings: Problem[];
}

/** Whether a parsed document is a Compose file rather than a Kubernetes object. */
export function isComposeFile(document: unknown): boolean {
  if (typeof document !== "object" || document === null) return false;
  return "services" in document && !("apiVersion" in document) && !("kind" in document);
}

/** @throws ComposeError (422) that names everything that is wrong, with file and line. */
export function convertCompose(text: string, options: ComposeOptions): Conversion {
  const findings = new Findings();
  const { environment } = options;
  const variables: Variables = { lookup: (name) => environment?.[name], known: environment !== undefined };
  const root = readDocument(text, options.file, variables, findings);
  if (!root) throw new ComposeError(findings.errors);
  const file = new Mapping(root, findings);
  const written = file.text("name");
  const project = labelFrom(options.project ?? written ?? posix.basename(options.directory ?? "")) || "compose";
  const volumes = declaredVolumes(file, project, findings);
  const context: Context = { options, variables, findings, project, volumes };
  const services = file.mapping("services");
  if (!services) findings.error(file, "services is required");
  // It has had no meaning since the Compose Specification.
  file.take("version");
  const names = new Map<string, string>();
  const objects = (services?.entries() ?? []).flatMap(([key, entry]) => convertEntry(key, entry, names, context));
  file.reportRest();
  const { errors, notConverted, warnings } = findings;
  const wantedFiles = [...findings.wantedFiles];
  if (errors.length > 0) throw new ComposeError(errors, wantedFiles);
  return { project, labels: projectLabels(project), objects, wantedFiles, notConverted, warnings };
}

function convertEntry(key: string, entry: Entry, names: Map<string, string>, context: Context): ConvertedObject[] {
  const { findings } = context;
  if (entry.value.type !== "mapping") {
    findings.error(entry, "a service is a mapping");
    return [];
  }
  const name = labelFrom(key);
  const other = names.get(name);
  if (!name || other !== undefined) {
    findings.error(entry, name ? `has the same name as ${other}: ${name}` : "the name has no letter of a to z");
    return [];
  }
  names.set(name, key);
  const service = new Mapping(entry.value, findings);
  const profiles = service.texts("profiles") ?? [];
  if (profiles.length > 0 && !profiles.some((profile) => activeProfiles(context).includes(profile))) {
    findings.skipped(entry, `belongs to the profile ${profiles.join(", ")}, which COMPOSE_PROFILES does not name`);
    return [];
  }
  if (name !== key) findings.warn(entry, `is named ${name}: others reach it by that name`);
  return convertService(service, name, context).map((object) => ({ object, source: entry.place }));
}

function activeProfiles({ variables }: Context): string[] {
  return (variables.lookup("COMPOSE_PROFILES") ?? "").split(",").map((profile) => profile.trim());
}

/** Names of volumes, each with the name of its directory: the project's, then its own, as Docker names them. */
function declaredVolumes(file: Mapping, project: string, findings: Findings): Map<string, string> {
  const declared = new Map<string, string>();
  for (const [key, entry] of file.mapping("volumes")?.entries() ?? []) {
    const volume = entry.value.type === "mapping" ? new Mapping(entry.value, findings) : undefined;
    if (!volume && !isNull(entry.value)) findings.error(entry, "must be a mapping");
    const name = volume?.text("name") ?? `${project}_${key}`;
    volume?.reportRest();
    if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) declared.set(key, name);
    else findings.error(entry, `invalid name of a volume: ${JSON.stringify(name)}`);
  }
  return declared;
}
