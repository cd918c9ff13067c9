/** Sends files to `POST /apply`, with what their paths and variables refer to. */
import { join, resolve } from "node:path";
import { type ApplyRequest, type ApplyResult, applyRequestType } from "../machinery/apply-result.ts";
import { UserError } from "../machinery/daemon.ts";
import type { Status } from "../machinery/status-error.ts";
import { ask } from "./admin-client.ts";
import { type InstanceOptions, nameFlag, pathsOf } from "./instance-options.ts";
import { type Manifests, readIfPresent } from "./manifest-files.ts";

export interface SendOptions {
  namespace?: string;
  dryRun?: boolean;
  /** Take over fields that others own. */
  force?: boolean;
  fieldManager?: string;
  /** Name of the Compose project. */
  projectName?: string;
  /** The files must be Compose files. */
  composeOnly?: boolean;
}

/** @throws UserError when the instance does not run, or the request as a whole is refused. */
export async function sendFiles(
  instance: InstanceOptions,
  { files, directory }: Manifests,
  options: SendOptions,
): Promise<ApplyResult> {
  const dotEnv = readIfPresent(join(directory, ".env"));
  const request: ApplyRequest = {
    files,
    directory,
    environment: Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    ),
    ...(dotEnv !== undefined && { dotEnv }),
    ...(options.projectName && { project: options.projectName }),
    ...(options.composeOnly && { composeOnly: true }),
  };
  const path = `/apply?${queryOf(options).toString()}`;
  const result = await post(instance, path, request);
  if (!result.wantedFiles) return result;
  const contents = result.wantedFiles.flatMap((name) => {
    const text = readIfPresent(resolve(directory, name));
    return text === undefined ? [] : [[name, text] as const];
  });
  return post(instance, path, { ...request, envFiles: Object.fromEntries(contents) });
}

function queryOf({ namespace, dryRun, force, fieldManager }: SendOptions): URLSearchParams {
  return new URLSearchParams({
    ...(namespace && { namespace }),
    ...(dryRun && { dryRun: "All" }),
    ...(force && { force: "true" }),
    ...(fieldManager && { fieldManager }),
  });
}

async function post(instance: InstanceOptions, path: string, request: ApplyRequest): Promise<ApplyResult> {
  const body = { type: applyRequestType, text: JSON.stringify(request) };
  const answer = await ask(pathsOf(instance).socket, "POST", path, body);
  if (!answer) throw notRunning(instance);
  const result = JSON.parse(answer.body) as ApplyResult | Status;
  if (result.kind === "ApplyResult") return result;
  throw new UserError(result.message ?? `the answer was ${answer.status}`);
}

export function notRunning(instance: InstanceOptions): UserError {
  return new UserError(`"${instance.name}" is not running. Start it: skiff up${nameFlag(instance)}`);
}
