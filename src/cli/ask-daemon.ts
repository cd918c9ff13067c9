/** A question to a running daemon. */
import { UserError } from "../machinery/daemon.ts";
import { ask } from "./admin-client.ts";
import { type InstanceOptions, nameFlag, pathsOf } from "./instance-options.ts";

/** @throws UserError when the instance does not run, or with the daemon's own message when it refuses. */
export async function askDaemon(options: InstanceOptions, path: string): Promise<string> {
  const answer = await ask(pathsOf(options).socket, "GET", path);
  if (!answer) {
    throw new UserError(`Skiff "${options.name}" is not running. Start it: skiff up${nameFlag(options)}`);
  }
  if (answer.status === 200) return answer.body;
  throw new UserError((JSON.parse(answer.body) as { message?: string }).message ?? answer.body);
}

/** `svc/web`, `service/web` or `web` → `default/web`, as the daemon wants it. @throws UserError for any other kind. */
export function serviceParameter(text: string, namespace: string): string {
  const name = text.replace(/^(svc|service|services)\//, "");
  if (name.includes("/")) throw new UserError(`"${text}" is no Service: write svc/NAME`);
  return `service=${encodeURIComponent(`${namespace}/${name}`)}`;
}
