/** `skiff compose up` and `skiff compose down`. */
import type { ApplyResult, ComposeProject } from "../machinery/apply-result.ts";
import type { KubeObject } from "../machinery/object.ts";
import { deployments, pods, type Resource, services } from "../machinery/resource.ts";
import { list, remove, type Selection, watch } from "./api-client.ts";
import { readComposeFile } from "./compose-file.ts";
import { followLogs } from "./follow-logs.ts";
import { type InstanceOptions, nameFlag, pathsOf } from "./instance-options.ts";
import { printName, show } from "./print-result.ts";
import { sendFiles } from "./send-files.ts";
import { waitAvailable } from "./wait-available.ts";

export interface ComposeOptions extends InstanceOptions {
  file?: string;
  projectName?: string;
  namespace: string;
  /** Seconds. */
  timeout: number;
}

export interface ComposeUpOptions extends ComposeOptions {
  detach?: boolean;
  wait?: boolean;
  removeOrphans?: boolean;
}

/** Everything that a Compose file becomes. */
const resources: readonly Resource[] = [deployments, services];

/** @returns the exit code. */
export async function composeUp(options: ComposeUpOptions): Promise<number> {
  const { socket } = pathsOf(options);
  const manifests = readComposeFile(options.file);
  // The file is the truth of its project, as in Compose: what was changed by hand is set back.
  const result = await sendFiles(options, manifests, { ...options, force: true, composeOnly: true });
  const code = show(result);
  if (code !== 0) return code;
  const [project] = result.projects;
  if (!project) return 1;
  if (result.items.length === 0) {
    console.error(`No service selected: ${manifests.files[0]?.name} has none that is to run. Nothing was changed.`);
    return 1;
  }
  const selection = { namespace: options.namespace, labelSelector: project.labelSelector };
  await tidyOrphans(socket, selection, project, result, options.removeOrphans ?? false);
  if (options.wait) {
    const names = result.items.filter(({ kind }) => kind === deployments.kind).map(({ name = "" }) => name);
    const troubles = await waitAvailable(socket, selection, names, options.timeout);
    if (troubles.length === 0) return 0;
    console.error(`Not available within ${options.timeout} s:`);
    for (const line of troubles) console.error(line);
    return 1;
  }
  if (!options.detach) await followUntilInterrupted(socket, selection, options);
  return 0;
}

/** @returns the exit code. */
export async function composeDown(options: ComposeOptions): Promise<number> {
  const { socket } = pathsOf(options);
  // A project that is named needs no file, and no file that is in order.
  const empty = { files: [{ name: "-", text: "services: {}" }], directory: process.cwd() };
  const manifests = options.projectName && !options.file ? empty : readComposeFile(options.file);
  const result = await sendFiles(options, manifests, { ...options, dryRun: true, force: true, composeOnly: true });
  const [project] = result.projects;
  if (!project) return show(result, true) || 1;
  const selection = { namespace: options.namespace, labelSelector: project.labelSelector };
  const found = await objectsOf(socket, selection);
  if (found.length === 0) console.log(`Nothing of the project "${project.name}" is there.`);
  for (const one of found) await removeObject(socket, selection, one);
  if (await podsGone(socket, selection, options.timeout)) return 0;
  console.error(`Some of its Pods are still ending after ${options.timeout} s.`);
  return 1;
}

interface Found {
  resource: Resource;
  apiVersion: string;
  kind: string;
  name: string;
}

async function objectsOf(socket: string, { namespace, labelSelector }: Selection): Promise<Found[]> {
  const lists = resources.map(async (resource) => {
    const objects = await list<KubeObject>(socket, resource, { namespace, labelSelector });
    const apiVersion = resource.group ? `${resource.group}/${resource.version}` : resource.version;
    return objects.map(({ metadata: { name } }) => ({ resource, apiVersion, kind: resource.kind, name }));
  });
  return (await Promise.all(lists)).flat();
}

async function removeObject(socket: string, { namespace }: Selection, found: Found): Promise<void> {
  await remove(socket, found.resource, namespace, found.name);
  console.log(`${printName(found)} deleted`);
}

/** What the project had and its file no longer has. */
async function tidyOrphans(
  socket: string,
  selection: Selection,
  project: ComposeProject,
  { items }: ApplyResult,
  removeThem: boolean,
): Promise<void> {
  const wanted = new Set(items.map(printName));
  const orphans = (await objectsOf(socket, selection)).filter((found) => !wanted.has(printName(found)));
  if (orphans.length === 0) return;
  if (removeThem) for (const orphan of orphans) await removeObject(socket, selection, orphan);
  else {
    const names = orphans.map(printName).join(", ");
    console.error(`Warning: the project "${project.name}" also has ${names}, which the file no longer has.`);
    console.error("To remove what it no longer has: --remove-orphans");
  }
}

/** @returns false when some were still there after the time. */
async function podsGone(socket: string, selection: Selection, timeoutSeconds: number): Promise<boolean> {
  const isEmpty = async () => (await list(socket, pods, { ...selection })).length === 0;
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  while (!signal.aborted) {
    if (await isEmpty()) return true;
    for await (const { type } of watch(socket, pods, selection, signal)) {
      if (type === "DELETED" && (await isEmpty())) return true;
    }
  }
  return isEmpty();
}

async function followUntilInterrupted(socket: string, selection: Selection, options: ComposeOptions): Promise<void> {
  const file = options.file ? ` -f ${options.file}` : "";
  console.log("Following the logs; Ctrl-C ends that, and the services go on running.");
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
  await followLogs(socket, selection, (line) => console.log(line), interrupted.signal);
  console.log(`The services go on running. To remove them: skiff compose down${file}${nameFlag(options)}`);
}
